import { fileURLToPath } from "node:url";
import type { Bar } from "../bar.ts";

const program = fileURLToPath(new URL("../serve.ts", import.meta.url));

/** What `tests/bench/serve.ts` prints of the artifact server, which can also be run alone. */
export async function serveRows(): Promise<readonly Bar[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program],
    stderr: "inherit",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const figures = lines.filter((line) => !/^(reached|MISSED) /.test(line));
  return lines.flatMap((line) => {
    const found = /^(?:reached|MISSED) +(.+): ([\d.]+) \((at most|at least) ([\d.]+)\)$/.exec(line);
    if (!found) return [];
    const [, what = "", measured, side, bar] = found;
    const about = figures.find((each) => each.startsWith(`${what.split(":")[0]}:`)) ?? "";
    return [{
      ...{ row: "serving", what, measured: Number(measured), unit: "", bar: Number(bar) },
      ...(side === "at least" ? { atLeast: true } : {}),
      beside: about.slice(about.indexOf(":") + 2),
    }];
  });
}
