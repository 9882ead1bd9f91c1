import { describeSpec } from "../core/external_source.ts";
import { findProblems, type Problem } from "../core/problems.ts";
import { generatorSchemas } from "./generator_schemas.ts";
import { type FieldSchema, unknownFields } from "./unknown_fields.ts";

/** Every way in which a `spec` does not obey the schema of the CRD, and every field that the schema does not know. */
export function checkSpec(spec: unknown): readonly Problem[] {
  const schema = describeSpec(generatorSchemas);
  // A TypeBox description is a JSON schema; its static type hides the fields.
  return [...findProblems(schema, spec), ...unknownFields(schema as FieldSchema, spec)];
}
