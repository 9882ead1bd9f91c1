import { describeSpec } from "../core/external_source.ts";
import { findProblems, type Problem } from "../core/problems.ts";
import { generatorSchemas } from "./generator_schemas.ts";

/** Every way in which a `spec` does not obey the schema of the CRD. */
export function checkSpec(spec: unknown): readonly Problem[] {
  return findProblems(describeSpec(generatorSchemas), spec);
}
