import assert from "node:assert/strict";
import { permissionFlags } from "../../tests/binary/binary_flags.ts";
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

Deno.test("everyPermission is what the binary is compiled with", () => {
  const baked = permissionFlags.flatMap((flag) => /^--allow-([a-z]+)/.exec(flag)?.[1] ?? []);
  assert.deepEqual(baked, everyPermission);
});
