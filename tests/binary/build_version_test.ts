import assert from "node:assert/strict";
import { buildVersion } from "./build_version.ts";

Deno.test("buildVersion() names a release only what its tag names, and else the commit", () => {
  const checkout = { commit: "abc1234", tags: ["v1.2.3", "latest"], isChanged: false };
  assert.equal(buildVersion("1.2.3", checkout), "1.2.3");
  assert.equal(buildVersion("1.2.3", { ...checkout, isChanged: true }), "1.2.3+gabc1234.changed");
  assert.equal(buildVersion("1.2.4", checkout), "1.2.4+gabc1234");
  assert.equal(buildVersion("1.2.3", { commit: "", tags: [], isChanged: false }), "1.2.3");
});
