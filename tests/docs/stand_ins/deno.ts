import type { StandIn } from "./stand_in.ts";

/** What stands behind a task: flags that it knows, or paths. */
async function checkTask(name: string, args: readonly string[]): Promise<void> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const command: string | undefined = tasks[name]?.command;
  if (command === undefined) throw new Error(`there is no task ${name}`);
  const script = /(\S+\.ts)\b/.exec(command)?.[1];
  const text = script === undefined ? "" : await Deno.readTextFile(script);
  for (const arg of args) {
    const [, flag] = /^--([a-z-]+)/.exec(arg) ?? [];
    const known = flag === undefined
      ? /^\d+$/.test(arg) || text.includes(arg) || await Deno.stat(arg).then(() => true)
      : new RegExp(`\\b"?${flag}"?:`).test(text);
    if (!known) throw new Error(`deno task ${name}: what is ${arg}?`);
  }
}

/** `deno task` and `deno run src/main.ts`: their arguments are read by what would read them. */
export const deno: StandIn = async (call) => {
  const [verb, ...rest] = call.args;
  const { controller } = await import("./controller.ts");
  if (verb === "task") {
    const [name = "", ...args] = rest;
    if (name === "dev") return await controller({ ...call, args });
    await checkTask(name, args);
    return "";
  }
  // Those of `deno task ok`, over everything.
  if (rest.length === 0 && ["check", "fmt", "lint"].includes(verb ?? "")) return "";
  const program = rest.indexOf("src/main.ts");
  if (verb !== "run" || program < 0) throw new Error(`deno ${verb}: no rule says how to try this`);
  return await controller({ ...call, args: rest.slice(program + 1) });
};

/** `npx -y deno@VERSION …`: the version that the tests run with. */
export const npx: StandIn = async (call) => {
  const [yes, program, ...args] = call.args;
  if (yes !== "-y" || program !== `deno@${Deno.version.deno}`) {
    throw new Error(`npx ${yes} ${program}: these are tests of ${Deno.version.deno}`);
  }
  return await deno({ ...call, args });
};
