import type { TSchema } from "typebox";
import type { Clock } from "../core/clock.ts";
import type { Settings, SettingValues } from "../core/setting.ts";
import type { Generator } from "./generator.ts";

/** What a generator needs of the process it runs in. */
export interface GeneratorEnvironment {
  /** Bytes at which a document is cut off and refused. */
  readonly maxSourceSize: number;
  /** Addresses (`host:port`) no upstream may lead to: the API server and our own servers (DESIGN §9). */
  readonly forbiddenEndpoints: readonly string[];
  /** Whether loopback upstreams are allowed whatever the flags say: the commands without a cluster. */
  readonly allowLoopback: boolean;
  readonly clock: Clock;
  /**
   * All addresses of a host name, in the order to try them; throws if it has none. Default: the system's resolver.
   */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

/** A generator before its settings are known: what `registry.ts` lists. */
export interface GeneratorDefinition<Described extends Settings = Settings> {
  /** Of `spec.generator.{type}`. */
  readonly schema: TSchema;
  /** What an operator may set for all sources of this type. */
  readonly settings: Described;
  /**
   * @throws {StepError} class `configuration` with reason `InvalidSetting` if the value of a setting is unusable, such as
   * a CIDR: the process cannot start with it
   */
  create(values: SettingValues<Described>, environment: GeneratorEnvironment): Generator;
}

/** Keeps the types of a definition's own settings. */
export function defineGenerator<Described extends Settings>(
  definition: GeneratorDefinition<Described>,
): GeneratorDefinition<Described> {
  return definition;
}
