/** How the tests of a run ended; steps count as tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const suitePattern = /<testsuite [^>]*>/g;

function sumOf(report: string, attribute: string): number {
  const suites = report.matchAll(suitePattern);
  const pattern = new RegExp(` ${attribute}="([^"]*)"`);
  return [...suites].reduce((sum, [suite]) => sum + Number(pattern.exec(suite)?.[1] ?? 0), 0);
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

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

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
