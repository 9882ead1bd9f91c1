import { memory } from "./memory.ts";
import { pvc } from "./pvc.ts";

/** Every store by the name that users write as `STORAGE_BACKEND`. */
export const storeDefinitions = { memory, pvc } as const;
