import type { HookSpec } from "../../../src/core/external_source.ts";
import type { RecipeCase } from "./recipe.ts";

/** Hooks as the examples and documents of the Go implementation have them. */
export interface GoExample extends RecipeCase {
  readonly name: string;
  readonly hooks: readonly HookSpec[];
  readonly maxRetries?: number;
  /** How often `flaky` has run in the end. */
  readonly runs?: number;
}
