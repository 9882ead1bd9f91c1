import { systemClock } from "../../src/cli/system_clock.ts";
import { ExecutorServer } from "../../src/hooks/executor_server.ts";
import { SidecarRunner } from "../../src/hooks/sidecar_runner.ts";
import { SpawnRunner, type SpawnRunnerOptions } from "../../src/hooks/spawn_runner.ts";
import { type OpenRunner, testHookRunner } from "../contract/hook_runner.ts";

const token = "0123456789abcdef0123456789abcdef";
const readToken = () => Promise.resolve(token);

async function openSidecar(options: SpawnRunnerOptions): Promise<OpenRunner> {
  const spawner = new SpawnRunner(options);
  const clock = systemClock;
  const server = new ExecutorServer({ runner: spawner, clock, readToken, onBug: fail });
  const port = await server.listen({ hostname: "127.0.0.1", port: 0 });
  const runner = new SidecarRunner({ endpoint: `http://127.0.0.1:${port}`, clock, readToken });
  return {
    runner,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      await server.close(10_000);
      await spawner[Symbol.asyncDispose]();
    },
  };
}

function fail(error: unknown): never {
  throw error;
}

testHookRunner("SidecarRunner", openSidecar);
