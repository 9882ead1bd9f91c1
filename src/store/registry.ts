import type { SettingValues } from "../core/setting.ts";
import { memory } from "./memory.ts";
import { pvc } from "./pvc.ts";
import { redis } from "./redis.ts";
import { s3 } from "./s3.ts";
import type { StoreDefinition } from "./store_definition.ts";

/** Every store by the name that users write as `STORAGE_BACKEND`. */
export const storeDefinitions = { memory, pvc, redis, s3 } as const satisfies Readonly<
  Record<string, StoreDefinition>
>;

type Definitions = typeof storeDefinitions;
type Merged<Each> = (Each extends unknown ? (each: Each) => void : never) extends
  (each: infer All) => void ? All : never;
type AllSettings = Merged<Definitions[keyof Definitions]["settings"]>;

/** The settings of every store: what is set for another store than the one in use is checked, and has no effect. */
export const allStoreSettings: AllSettings = Object.assign(
  {},
  ...Object.values(storeDefinitions).map(({ settings }) => settings),
);

/** Their values. */
export type StoreSettingValues = SettingValues<AllSettings>;

/** The store that users write as `name`. @throws {TypeError} if there is none */
export function storeDefinition(name: string): StoreDefinition {
  const definition = new Map<string, StoreDefinition>(Object.entries(storeDefinitions)).get(name);
  if (!definition) throw new TypeError(`Cannot open store "${name}": there is none of that name`);
  return definition;
}
