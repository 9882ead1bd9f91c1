import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Document } from "../src/core/document.ts";
import type { HookSpec } from "../src/core/external_source.ts";
import { HookAttempts } from "../src/hooks/hook_attempts.ts";
import { createHookStage } from "../src/hooks/hook_stage.ts";
import type { HookPhase, HookStep } from "../src/hooks/hook_step.ts";
import { planHooks } from "../src/hooks/plan_hooks.ts";
import { ManualClock } from "./manual_clock.ts";
import { ScriptedHookRunner } from "./scripted_hook_runner.ts";

/** A chain of hooks with scripted commands, a time that a test moves, and a directory for its files. */
export class HookWorld implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly runner = new ScriptedHookRunner();
  readonly abort = new AbortController();
  readonly directory = Deno.makeTempDirSync();
  readonly stage = createHookStage({
    runner: this.runner,
    whitelist: this.runner.whitelist,
    missing: () => "there is no whitelist at /w.yaml",
  });
  /** Slots held now, and how often one was taken. */
  readonly slots = { held: 0, taken: 0 };

  attempts(maxRetries = 0): HookAttempts {
    return new HookAttempts({
      stage: this.stage,
      source: { namespace: "team", name: "config" },
      maxRetries,
      slot: () => {
        this.slots.held++;
        this.slots.taken++;
        return Promise.resolve(() => void this.slots.held--);
      },
      clock: this.clock,
      signal: this.abort.signal,
    });
  }

  /** Hooks of one phase, each given by its command. */
  steps(phase: HookPhase, ...hooks: readonly (Partial<HookSpec> & { command: string })[]) {
    const named = hooks.map((hook, index) => ({ name: `h${index + 1}`, ...hook }));
    return planHooks({ [phase]: named }, 30_000)[phase] as readonly HookStep[];
  }

  newFile = () => `${this.directory}/${crypto.randomUUID()}`;

  async document(text: string): Promise<Document> {
    const file = this.newFile();
    await Deno.writeTextFile(file, text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    return { file, size: new TextEncoder().encode(text).length, sha256 };
  }

  /** Files that are there. */
  get files(): number {
    return [...Deno.readDirSync(this.directory)].length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    assert.equal(this.slots.held, 0, "a slot is still held");
    assert.equal(this.clock.pending, 0, "a timer is left");
    await Deno.remove(this.directory, { recursive: true });
  }
}
