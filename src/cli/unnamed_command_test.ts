import assert from "node:assert/strict";
import { unnamedCommand } from "./unnamed_command.ts";

const cases: readonly { program?: string; given: readonly string[]; command: string }[] = [
  { given: [], command: "controller" },
  { given: ["--leader-elect"], command: "controller" },
  { program: "/manager", given: ["--port=1"], command: "controller" },
  { given: ["--port=8082", "--whitelist=/etc/hooks/whitelist.yaml"], command: "hook-executor" },
  { given: ["-whitelist", "/w"], command: "hook-executor" },
  { given: ["--whitelists"], command: "controller" },
  { program: "/app/externalsource-hook-executor", given: [], command: "hook-executor" },
  { program: "externalsource-hook-executor", given: ["--port", "1"], command: "hook-executor" },
];
for (const { program, given, command } of cases) {
  Deno.test(`unnamedCommand() is ${command} for ${program ?? ""} ${given.join(" ")}`, () => {
    assert.equal(unnamedCommand({ ...(program ? { program } : {}), arguments: given }), command);
  });
}
