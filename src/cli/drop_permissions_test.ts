import assert from "node:assert/strict";
import { dropPermissions, everyPermission, type Permission } from "./drop_permissions.ts";

Deno.test({
  name: "dropPermissions() takes what it names and nothing else",
  permissions: { run: true, env: true },
  fn() {
    const isGranted = (name: Permission) =>
      Deno.permissions.querySync({ name }).state === "granted";
    assert.equal(isGranted("run"), true);
    dropPermissions("run");
    assert.equal(isGranted("run"), false);
    assert.equal(isGranted("env"), true);
  },
});

Deno.test("everyPermission is what the binary is compiled with", async () => {
  const denoJson = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const baked = String(denoJson.tasks.compile.command).matchAll(/--allow-([a-z]+)/g);
  assert.deepEqual([...baked].map(([, name]) => name), everyPermission);
});
