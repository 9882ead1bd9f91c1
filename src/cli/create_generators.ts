import { ConfigError } from "../config/config_error.ts";
import type { SettingValues } from "../core/setting.ts";
import { StepError } from "../core/step_error.ts";
import type { Generator } from "../generate/generator.ts";
import type { GeneratorEnvironment } from "../generate/generator_definition.ts";
import { generatorDefinitions } from "../generate/registry.ts";

type HttpValues = SettingValues<typeof generatorDefinitions.http.settings>;

/**
 * Every generator of the registry, by the `type` that users write.
 *
 * @throws {ConfigError} if a setting that only the generator understands is unusable
 */
export function createGenerators(
  values: HttpValues,
  environment: GeneratorEnvironment,
): Record<string, Generator> {
  try {
    return { http: generatorDefinitions.http.create(values, environment) };
  } catch (error) {
    if (error instanceof StepError) throw new ConfigError([error.message]);
    throw error;
  }
}

/** Closes the connections of all of them. */
export async function closeGenerators(
  generators: Readonly<Record<string, Generator>>,
): Promise<void> {
  await Promise.all(Object.values(generators).map((generator) => generator.close()));
}
