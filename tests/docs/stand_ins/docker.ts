import { parseArgs } from "node:util";
import { parseDockerfile } from "../../image/dockerfile.ts";
import type { StandIn } from "./stand_in.ts";

const options = {
  target: { type: "string" },
  tag: { type: "string" },
} as const;

/** `docker build`: the Dockerfile has the stage. */
export const docker: StandIn = async ({ args: [verb, ...args] }) => {
  if (verb !== "build") throw new Error(`docker ${verb}: no rule says how to try this`);
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const stages = parseDockerfile(await Deno.readTextFile("Dockerfile"));
  if (positionals.join() !== "." || !stages.some(({ name }) => name === values.target)) {
    throw new Error(`docker build ${args.join(" ")}: there is no such stage`);
  }
  return "";
};
