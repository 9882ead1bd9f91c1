import assert from "node:assert/strict";
import { commands } from "../src/cli/commands.ts";
import { executorSettings } from "../src/config/settings/hook_executor_settings.ts";
import type { Settings } from "../src/core/setting.ts";
import { CheckedDocument, settingsByName } from "../tests/checked_document.ts";

const executor: Settings = executorSettings;

/** Flags of the other commands, as their help says them. */
const flagsOfCommands = Object.values(commands)
  .flatMap(({ help }) => help().match(/--[a-z][a-z-]+/g) ?? []);

/** What the pages name of other programs. */
const foreign = [
  ...["--feature-gates", "--components-extra", "--no-cross-namespace-refs"], // Flux
  ...["--reuse-values", "--force-conflicts", "--allow-all", "KUBEBUILDER_ASSETS", "LD_PRELOAD"],
  ...["--unique", "--in-place", "--split-exp", "--join-output", "--raw-input", "--slurp"], // of hooks
  ...["--arg", "--argjson", "--argfile", "--rawfile", "--slurpfile", "--from-file"],
];

const pages = [
  ...["README.md", "docs/quickstart.md", "docs/install.md", "docs/hooks.md", "docs/security.md"],
  ...["docs/troubleshooting.md", "docs/migration.md", "docs/development.md", "docs/changelog.md"],
];

/** A page without its blocks, which `tests/docs` runs. */
async function readProse(page: string): Promise<CheckedDocument> {
  const { text } = await CheckedDocument.read(page);
  return new CheckedDocument(text.replaceAll(/^( *)```[^\n]*\n.*?^\1```$/gms, ""));
}

const isKnown = (name: string) =>
  settingsByName.has(name) || flagsOfCommands.includes(name) || foreign.includes(name) ||
  Object.values(executor).some(({ flag }) => name === `--${flag}`) || name === "--help";

Deno.test("every flag and variable that a page names exists, and has the default that stands there", async () => {
  let count = 0;
  for (const page of pages) {
    const prose = await readProse(page);
    const names = [...prose.settingNames()];
    assert.deepEqual(names.filter((name) => !isKnown(name)), [], page);
    count += names.length;
    // Of the Go implementation the page about it tells, too.
    if (page === "docs/migration.md") continue;
    for (const { name, told, real } of prose.defaults()) assert.equal(told, real, name);
  }
  assert.ok(count > 60, `${count}`);
});
