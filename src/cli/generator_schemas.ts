import { mapValues } from "../core/map_values.ts";
import { generatorDefinitions } from "../generate/registry.ts";

/** The schema of each generator's own settings, by the `type` that users write. */
export const generatorSchemas = mapValues(
  generatorDefinitions,
  ({ schema }) => schema,
);
