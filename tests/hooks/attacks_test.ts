import { eventually } from "../acceptance/eventually.ts";
import { askExecutor } from "./attacks/ask_executor.ts";
import type { Attack, Form } from "./attacks/attack.ts";
import { containedCalls } from "./attacks/contained_calls.ts";
import { expectContained, expectServed } from "./attacks/expect_answer.ts";
import { Jail } from "./attacks/jail.ts";
import { Judge } from "./attacks/judge.ts";
import { legitimateCalls } from "./attacks/legitimate_calls.ts";
import { refusedCalls } from "./attacks/refused_calls.ts";
import { scenarios } from "./attacks/scenarios.ts";
import { sendWireAttack, wireAttacks } from "./attacks/wire_attacks.ts";

const forms: readonly Form[] = ["stream", "once"];

const shown = (command: string, args: readonly string[] = []) =>
  JSON.stringify([command, ...args]).slice(0, 80);

Deno.test("hook-executor contains every attack of the table, and serves what is legitimate", async (t) => {
  await using jail = await Jail.open();
  const warmUp = { command: "cat", stdin: "a", stdout: "a" };
  expectServed(warmUp, await askExecutor(jail, warmUp, "once"));
  const judge = new Judge(jail);
  const descriptors = jail.descriptors();

  async function tryAttack(attack: Attack): Promise<void> {
    for (const form of attack.forms ?? forms) {
      const answer = await askExecutor(jail, attack, form);
      expectContained(attack, answer);
      judge.expectNoHarm(answer.text);
    }
  }

  for (const attack of [...refusedCalls, ...containedCalls]) {
    const what = `${attack.what}: ${shown(attack.command, attack.args)}`;
    await t.step(`contains ${what}`, () => tryAttack(attack));
  }
  for (const attack of wireAttacks(jail.token)) {
    await t.step(`refuses ${attack.what}: ${attack.path}`, async () => {
      judge.expectNoHarm(await sendWireAttack(jail, attack));
    });
  }
  for (const [what, run] of Object.entries(scenarios)) {
    await t.step(`contains ${what}`, async () => judge.expectNoHarm(await run(jail)));
  }
  for (const call of legitimateCalls) {
    await t.step(`serves ${shown(call.command, call.args)}`, async () => {
      for (const form of forms) {
        const answer = await askExecutor(jail, call, form);
        expectServed(call, answer);
        judge.expectNoHarm("");
      }
    });
  }
  await t.step("leaves no descriptor open", async () => {
    const isClosed = () => jail.descriptors() <= descriptors;
    await eventually(isClosed, { withinMs: 30_000, what: `no more than ${descriptors} are open` });
  });
});
