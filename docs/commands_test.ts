import assert from "node:assert/strict";
import { commands } from "../src/cli/commands.ts";

Deno.test("README.md names every command, and no other", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const [, section = ""] = /\n## Commands\n([^]*?)\n## /.exec(readme) ?? [];
  const cells = [...section.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell!);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)/g)].map(([, name]) => name!));
  assert.deepEqual(named.toSorted(), Object.keys(commands).toSorted());
});
