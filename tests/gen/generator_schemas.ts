import type { TSchema } from "typebox";
import { mapValues } from "../../src/core/map_values.ts";
import { generatorDefinitions } from "../../src/generate/registry.ts";

/** The schema of each generator's own settings, by the `type` that users write. */
export const generatorSchemas: Readonly<Record<string, TSchema>> = mapValues(
  generatorDefinitions,
  ({ schema }) => schema,
);
