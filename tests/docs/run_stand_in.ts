/**
 * Stands in for a program while commands of the documentation are run: `run_stand_in.ts PROGRAM ARGUMENT...`. PROGRAMS is the folder of
 * the real ones.
 */
import { runCommand } from "../run_command.ts";
import { notRun } from "./not_run.ts";
import type { StandIn, StandInCall } from "./stand_ins/stand_in.ts";

const [name = "", ...args] = Deno.args;

/** Finding nothing in what nobody has said is no mistake of a page. */
async function grep({ args }: StandInCall): Promise<string> {
  const { code } = await new Deno.Command("/bin/grep", { args: [...args] }).output();
  if (code > 1) throw new Error(`grep ${args.join(" ")}: exit ${code}`);
  return "";
}

/** Each loads its own code: a page starts many of them. */
const standIns: Readonly<Record<string, () => Promise<StandIn>>> = {
  kubectl: async () => (await import("./stand_ins/kubectl.ts")).kubectl,
  helm: async () => (await import("./stand_ins/helm.ts")).helm,
  deno: async () => (await import("./stand_ins/deno.ts")).deno,
  npx: async () => (await import("./stand_ins/deno.ts")).npx,
  docker: async () => (await import("./stand_ins/docker.ts")).docker,
  "externalsource-controller": async () => (await import("./stand_ins/controller.ts")).controller,
  grep: async () => grep,
};

const called = [name, ...args].join(" ");
if (Object.keys(notRun).some((start) => called.startsWith(start))) Deno.exit(0);
const standIn = await standIns[name]?.();
if (!standIn) throw new Error(`nothing stands in for ${name}`);
try {
  const text = await standIn({
    args,
    builtImages: (Deno.env.get("BUILT_IMAGES") ?? "").split(" ").filter((image) => image !== ""),
    run: (program, args, stdin) =>
      runCommand(`${Deno.env.get("PROGRAMS")}/${program}`, {
        args,
        ...(stdin === undefined ? {} : { stdin }),
      }),
  });
  if (text !== "") console.log(text);
} catch (error) {
  console.error(`${called}: ${(error as Error).message}`);
  Deno.exit(1);
}
