import denoJson from "../../deno.json" with { type: "json" };
import { packFormat } from "../pack/pack_format.ts";
import { type Command, InputError } from "./command.ts";
import { everyPermission } from "./drop_permissions.ts";

/** The version of this build, as in `deno.json`. */
export const version: string = denoJson.version;

/** `version`: prints what this binary is. */
export const versionCommand: Command = {
  summary: "print the version",
  help: () =>
    "Usage: externalsource-controller version\n\nPrints the version of this binary, of its pack format and of Deno.\n",
  run({ arguments: given, print, drop }) {
    drop(...everyPermission);
    if (given.length > 0) {
      throw new InputError(`Cannot use "${given[0]}": version takes no arguments`);
    }
    print(
      `externalsource-controller ${version} (pack format ${packFormat}, Deno ${Deno.version.deno})\n`,
    );
    return Promise.resolve(0);
  },
};
