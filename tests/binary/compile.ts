/**
 * `deno task compile`: the one binary, for this machine in `dist/externalsource-controller`. With `--target NAME`, as often as
 * wanted, or `--all`: for other machines too, in `dist/externalsource-controller-NAME`. `--version` takes the place of what git says.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  checkoutVersion,
  compileBinary,
  RuntimeMissingError,
  type Target,
  targets,
} from "./compile_binary.ts";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const names = Object.keys(targets) as Target[];

function wantedTargets(all: boolean, given: readonly string[]): readonly (Target | undefined)[] {
  if (all) return names;
  const unknown = given.find((each) => !names.includes(each as Target));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot compile for "${unknown}": choose of ${names.join(", ")}`);
  }
  return given.length > 0 ? given as Target[] : [undefined];
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    target: { type: "string", multiple: true, default: [] },
    all: { type: "boolean", default: false },
    version: { type: "string", default: "" },
  },
});
try {
  const version = values.version || await checkoutVersion();
  for (const target of wantedTargets(values.all, values.target)) {
    const output = join(dist, `externalsource-controller${target ? `-${target}` : ""}`);
    await compileBinary({ output, version, ...(target ? { target } : {}) });
    const { size } = await Deno.stat(output);
    console.log(`${output}: version ${version}, ${(size / 1e6).toFixed(1)} MB`);
  }
} catch (error) {
  const isExpected = error instanceof RuntimeMissingError || error instanceof RangeError;
  console.error(isExpected ? error.message : error);
  Deno.exit(1);
}
