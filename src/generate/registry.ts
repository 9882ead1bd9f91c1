import { httpDefinition } from "./http/http_definition.ts";

/** Every type of generator, by the `type` that users write. One line adds one. */
export const generatorDefinitions = {
  http: httpDefinition,
} as const;
