import { fileURLToPath } from "node:url";
import { runCommand } from "../../run_command.ts";
import type { Bar } from "../bar.ts";
import type { BenchWorld } from "../bench_world.ts";
import { cpuSeconds } from "../process_figures.ts";

const bareRequests = fileURLToPath(new URL("../bare_requests_program.ts", import.meta.url));
const sources = 200;
const seconds = 12;

/** CPU and API writes of sources whose upstream answers 304, beside the same requests by bare undici. */
export async function unchangedRow(world: BenchWorld): Promise<readonly Bar[]> {
  const namespace = "unchanged";
  await world.createNamespace(namespace);
  const controller = await world.startController({ namespace });
  try {
    await using ready = world.untilReady(namespace, sources);
    await world.createSources({ namespace, count: sources, hosts: 20, interval: "1s" });
    await ready.done;
    await world.untilQuiet();
    const [writes, asked] = [await world.apiWrites(), await world.upstream.asked()];
    const cpu = cpuSeconds(controller.pid);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const used = cpuSeconds(controller.pid) - cpu;
    const requests = await world.upstream.asked() - asked;
    const written = await world.apiWrites() - writes;
    const bare = Number(
      await runCommand(Deno.execPath(), {
        args: ["run", "-A", bareRequests, world.upstream.url(`/doc/${namespace}-0`)],
      }),
    );
    const row = "unchanged source (304)";
    const each = used / requests * 1_000;
    return [
      {
        ...{ row, what: "CPU", measured: each, unit: "ms", bar: 1 },
        beside: `${requests} runs in ${seconds} s; a bare conditional request: ${
          bare.toFixed(2)
        } ms (${(each / bare).toFixed(1)} ×)`,
      },
      { row, what: "API writes", measured: written, unit: "", bar: 0, beside: `${requests} runs` },
    ];
  } finally {
    await controller.end("SIGTERM");
  }
}
