import { MemoryStore } from "./memory_store.ts";
import { defineStore } from "./store_definition.ts";

/** `STORAGE_BACKEND=memory`: for development; what it holds ends with the process. */
export const memory = defineStore({
  settings: {
    memoryStoreLimit: {
      type: "size",
      default: 256 * 2 ** 20,
      minimum: 1,
      description: "How many bytes of artifacts the memory store holds before it refuses more.",
      flag: "memory-store-limit",
    },
  },
  durable: false,
  shared: false,
  open: ({ memoryStoreLimit }, clock) => Promise.resolve(new MemoryStore(memoryStoreLimit, clock)),
});
