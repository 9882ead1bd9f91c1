import assert from "node:assert/strict";
import { formatProblem } from "./format_problem.ts";

Deno.test("formatProblem() writes fields with dots and indexes in brackets", () => {
  const problem = { path: ["hooks", "preRequest", "0", "name"], message: "is required" };
  assert.equal(formatProblem(problem, "spec"), "spec.hooks.preRequest[0].name: is required");
});

Deno.test("formatProblem() names the root for the value itself", () => {
  assert.equal(
    formatProblem({ path: [], message: "must be an object, is empty" }, "spec"),
    "spec: must be an object, is empty",
  );
});
