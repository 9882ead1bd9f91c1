import type { Command } from "./command.ts";
import { crdYaml } from "./crd_yaml.ts";
import { InputError } from "./command.ts";
import { everyPermission } from "./drop_permissions.ts";

/** `crds`: prints the CustomResourceDefinition of this version. */
export const crdsCommand: Command = {
  summary: "print the CustomResourceDefinition",
  help: () =>
    `Usage: externalsource-controller crds

Prints the CustomResourceDefinition of this version as YAML.

Examples:
  # install or update it
  externalsource-controller crds | kubectl apply --server-side -f -
`,
  run({ arguments: given, print, drop }) {
    drop(...everyPermission);
    if (given.length > 0) throw new InputError(`Cannot use "${given[0]}": crds takes no arguments`);
    print(crdYaml());
    return Promise.resolve(0);
  },
};
