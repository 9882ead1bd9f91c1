import { SpawnRunner } from "../../src/hooks/spawn_runner.ts";
import { testHookRunner } from "../contract/hook_runner.ts";

testHookRunner("SpawnRunner", async (options) => {
  const runner = new SpawnRunner(options);
  return { runner, [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose]() };
});
