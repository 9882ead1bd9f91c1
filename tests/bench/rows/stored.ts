import { fileURLToPath } from "node:url";
import { runCommand } from "../../run_command.ts";
import type { Bar } from "../bar.ts";
import { makeStoredTree, sourceCount } from "../stored_tree.ts";

const program = fileURLToPath(new URL("../store_program.ts", import.meta.url));
const flags = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25";
/** More than the 20 MiB that an idle heap may put off collecting. */
const memoryBar = 32;

interface Figures {
  readonly seconds: number;
  /** MiB. */
  readonly growth: number;
  readonly keys: number;
}

/** Listing and garbage of 100,000 artifacts in memory and on a volume, beside `find`. */
export async function storedRows({ artifacts = 100_000 } = {}): Promise<readonly Bar[]> {
  const scratch = await Deno.makeTempDir();
  const perSource = artifacts / sourceCount;
  try {
    const [ours, peers] = [`${scratch}/ours`, `${scratch}/peers`];
    for (const root of [ours, peers]) await makeStoredTree(root, perSource);
    const find = [await timed(`find ${peers} -type f | wc -l`)];
    const pvc = barsOf("pvc", await run("pvc", ours, perSource));
    find.push(await timed(`find ${peers} -type f -delete`));
    const memory = barsOf("memory", await run("memory", scratch, perSource));
    return [...pvc(find), ...memory(find)];
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function run(
  kind: string,
  directory: string,
  perSource: number,
): Promise<{ readonly listing: Figures; readonly garbage: Figures }> {
  const args = ["run", "-A", "--quiet", flags, program, kind, directory, `${perSource}`];
  return JSON.parse(await runCommand(Deno.execPath(), { args }));
}

async function timed(script: string): Promise<number> {
  const start = performance.now();
  await runCommand("sh", { args: ["-c", script] });
  return (performance.now() - start) / 1_000;
}

function barsOf(
  kind: string,
  { listing, garbage }: Awaited<ReturnType<typeof run>>,
): (find: readonly number[]) => readonly Bar[] {
  return ([counting = 0, deleting = 0]) =>
    [
      { what: "listing", figures: listing, peer: `find and wc: ${counting.toFixed(2)} s` },
      { what: "garbage", figures: garbage, peer: `find -delete: ${deleting.toFixed(2)} s` },
    ].flatMap(({ what, figures: { seconds, growth, keys }, peer }) => {
      const row = `${what} of ${listing.keys} artifacts, ${kind}`;
      const beside = `${keys} keys, ${Math.round(keys / seconds)} a second; ${peer}`;
      return [
        { row, what: "time", measured: seconds, unit: "s", beside },
        {
          ...{ row, what: "growth of memory", measured: growth, unit: "MiB", bar: memoryBar },
          beside: "VmHWM during it - VmRSS before it",
        },
      ];
    });
}
