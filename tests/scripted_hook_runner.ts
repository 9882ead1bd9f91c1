import { createHash } from "node:crypto";
import type { HookCall } from "../src/hooks/hook_call.ts";
import type { HookEnd, HookResult, HookRunner, HookStreams } from "../src/hooks/hook_runner.ts";
import type { Whitelist } from "../src/hooks/whitelist_check.ts";

/** What a scripted command does with its input; an error is thrown as a runner throws it. */
export type ScriptedCommand = (
  input: string,
  call: HookCall,
) =>
  | { readonly out?: string; readonly end?: HookEnd; readonly stderr?: string }
  | Error
  | Promise<never>;

/** Runs hooks that are functions of a test, and a whitelist of their names that a test can change. */
export class ScriptedHookRunner implements HookRunner {
  /** By the name of the command. */
  readonly commands: Record<string, ScriptedCommand> = {
    upper: (input) => ({ out: input.toUpperCase() }),
    fail: () => ({ out: "half of it", end: { kind: "exit", code: 5 } }),
  };
  readonly calls: HookCall[] = [];
  /** Texts that the whitelist consists of: the commands that it allows. Undefined: there is none. */
  allowed: readonly string[] | undefined = ["upper", "fail", "other"];
  durationMs = 12;

  readonly whitelist = (): Whitelist | undefined => {
    const { allowed } = this;
    return allowed && {
      hash: createHash("sha256").update(allowed.join()).digest("hex"),
      check: ({ command }) =>
        allowed.includes(command)
          ? { allowed: true, paths: [`/usr/bin/${command}`], maxOutput: Infinity }
          : { allowed: false, reason: `command "${command}" is not in the whitelist` },
    };
  };

  async run(call: HookCall, { stdin, write, signal }: HookStreams): Promise<HookResult> {
    this.calls.push(call);
    let input = "";
    const utf8 = new TextDecoder();
    for await (const piece of stdin) input += utf8.decode(piece, { stream: true });
    signal.throwIfAborted();
    const ended = await this.commands[call.command]!(input, call);
    if (ended instanceof Error) throw ended;
    const { out = "", end = { kind: "exit", code: 0 }, stderr = "" } = ended;
    const bytes = new TextEncoder().encode(out);
    for (let at = 0; at < bytes.length; at += 65_536) await write(bytes.slice(at, at + 65_536));
    signal.throwIfAborted();
    return { end, durationMs: this.durationMs, stderr };
  }
}
