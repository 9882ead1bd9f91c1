import { strict as assert } from "node:assert";
import type { HookEnd } from "../../../src/hooks/hook_runner.ts";
import type { Answer } from "./ask_executor.ts";
import type { Attack, AttackCall } from "./attack.ts";

/** That an attack was refused for its reason, or ended as it has to. */
export function expectContained(attack: Attack, answer: Answer): void {
  if (attack.refused !== undefined) return expectRefused(attack, attack.refused, answer);
  assert.equal(answer.status, 200, answer.text);
  if (attack.stdout !== undefined) assert.equal(answer.stdout, attack.stdout);
  const ends = [attack.end ?? []].flat();
  if (answer.exitCode !== undefined) {
    const codes = ends.map(codeOf);
    assert.ok(codes.includes(answer.exitCode), `exit code ${answer.exitCode}: ${answer.said}`);
    const said = [...new Set(ends.map(wordsOf))];
    assert.ok(said.some((words) => answer.said?.includes(words)), answer.text);
    return;
  }
  assert.ok(answer.outcome && "end" in answer.outcome, JSON.stringify(answer.outcome));
  const { end, stderr } = answer.outcome;
  const texts = ends.map((each) => JSON.stringify(each));
  assert.ok(texts.includes(JSON.stringify(end)), `${JSON.stringify(end)} ${stderr}`);
}

/** That a call went well and printed what it has to. */
export function expectServed(call: AttackCall & { readonly stdout: string }, answer: Answer): void {
  const { status, stdout, exitCode, outcome, said } = answer;
  const end = outcome && "end" in outcome ? outcome.end : { kind: "exit", code: exitCode };
  const expected = { status: 200, stdout: call.stdout, end: { kind: "exit", code: 0 } };
  assert.deepEqual({ status, stdout, end }, expected, said ?? JSON.stringify(outcome));
}

function expectRefused({ command }: Attack, reason: string, answer: Answer): void {
  if (answer.outcome === undefined) {
    const text = `Command ${command} is not whitelisted\n`;
    assert.deepEqual([answer.status, answer.said], [403, text]);
    return;
  }
  assert.ok("refused" in answer.outcome, JSON.stringify(answer.outcome));
  assert.ok(answer.outcome.refused.includes(reason), answer.outcome.refused);
}

function codeOf(end: HookEnd): number {
  if (end.kind === "exit") return end.code;
  return end.kind === "absent" ? 1 : -1;
}

/** What today's clients are told of it, in standard error. */
function wordsOf(end: HookEnd): string {
  switch (end.kind) {
    case "exit":
    case "signal":
      return "";
    case "timeout":
      return "killed at its time-out";
    case "output":
      return `killed because it printed more than ${end.maxBytes} bytes`;
    case "absent":
      return end.state;
  }
}
