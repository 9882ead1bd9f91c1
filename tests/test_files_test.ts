import assert from "node:assert/strict";
import { testFiles } from "./test_files.ts";

Deno.test("testFiles() finds the test files of folders but for those that are ignored", () => {
  const found = testFiles(["--parallel", "--ignore=tests/docs,tests/e2e", "tests"]);
  assert.ok(found.includes("tests/test_files_test.ts"));
  assert.ok(found.includes("tests/soak/soak_test.ts"));
  assert.ok(!found.some((file) => /^tests\/(e2e|docs)\/|run_tests/.test(file)));
});
