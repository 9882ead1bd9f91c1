/** How the tests of a run ended; steps count as tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const suitePattern = /<testsuite [^>]*>/g;

function attributeOf(suite: string, name: string): string | undefined {
  return new RegExp(` ${name}="([^"]*)"`).exec(suite)?.[1];
}

/** The files that a JUnit report has anything of: one that ends with an error while it is loaded is in none. */
export function reportedFiles(report: string): readonly string[] {
  return [...report.matchAll(suitePattern)].flatMap(([suite]) => attributeOf(suite, "name") ?? []);
}

/** The files of a JUnit report in which a test has failed, as `deno test` names them. */
export function failedFiles(report: string): readonly string[] {
  const suites = [...report.matchAll(suitePattern)].map(([suite]) => suite);
  const failed = suites.filter((suite) => {
    return ["failures", "errors"].some((each) => Number(attributeOf(suite, each) ?? 0) > 0);
  });
  return [...new Set(failed.flatMap((suite) => attributeOf(suite, "name") ?? []))];
}

/** What a JUnit report says of other files than these. */
export function withoutFiles(report: string, files: readonly string[]): string {
  return report.replaceAll(
    suitePattern,
    (suite) => files.includes(attributeOf(suite, "name") ?? "") ? "" : suite,
  );
}

function sumOf(report: string, attribute: string): number {
  const suites = report.matchAll(suitePattern);
  return [...suites].reduce((sum, [suite]) => sum + Number(attributeOf(suite, attribute) ?? 0), 0);
}

/**
 * Counts of a JUnit report.
 *
 * @param success whether the runner ended with exit code 0; what failed outside of a test counts as one more
 */
export function readCounts(report: string, success: boolean): Counts {
  const skipped = sumOf(report, "disabled");
  const reported = sumOf(report, "failures") + sumOf(report, "errors");
  const passed = sumOf(report, "tests") - reported - skipped;
  return { passed, failed: success ? reported : Math.max(1, reported), skipped };
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/** The line that build machines look for. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
