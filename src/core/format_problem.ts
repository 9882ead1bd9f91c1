import type { Problem } from "./problems.ts";

/**
 * A problem as people read it: `spec.hooks.preRequest[0].name: is required`.
 *
 * @param root where the value that was checked stands, such as `spec`
 */
export function formatProblem({ path, message }: Problem, root: string): string {
  const steps = path.map((step) => /^[0-9]+$/.test(step) ? `[${step}]` : `.${step}`);
  return `${root}${steps.join("")}: ${message}`;
}
