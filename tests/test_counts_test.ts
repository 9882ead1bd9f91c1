import assert from "node:assert/strict";
import { formatCounts, readCounts } from "./test_counts.ts";

const report = `<testsuites name="deno test" tests="8" failures="2" errors="0" time="0.013">
    <testsuite name="./a_test.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="&lt;testsuite tests=&quot;100&quot;&gt;" time="0.000" line="3" col="6"/>
    </testsuite>
    <testsuite name="./b_test.ts" tests="3" disabled="0" errors="0" failures="0"/>
</testsuites>`;

Deno.test("readCounts() adds up the files of a report", () => {
  assert.deepEqual(readCounts(report, false), { passed: 5, failed: 2, skipped: 1 });
});

Deno.test("readCounts() counts a failure outside of a test", () => {
  assert.deepEqual(readCounts("", false), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("formatCounts() names skipped tests only if there are any", () => {
  assert.equal(formatCounts({ passed: 5, failed: 0, skipped: 0 }), "5 passed, 0 failed");
  assert.equal(formatCounts({ passed: 5, failed: 1, skipped: 2 }), "5 passed, 1 failed, 2 skipped");
});
