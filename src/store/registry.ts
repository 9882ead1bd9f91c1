import { memory } from "./memory.ts";
import { pvc } from "./pvc.ts";
import type { StoreDefinition } from "./store_definition.ts";

/** Every store by the name that users write as `STORAGE_BACKEND`. */
export const storeDefinitions = { memory, pvc } as const satisfies Readonly<
  Record<string, StoreDefinition>
>;
