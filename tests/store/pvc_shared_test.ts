import { pvc } from "../../src/store/pvc.ts";
import { testStore } from "../contract/store.ts";
import { ProcessesStore } from "./processes_store.ts";

testStore(
  "PvcStore on a volume of three processes",
  ({ directory, clock }) => pvc.open({ storagePath: directory, storageMinFree: 0 }, clock),
  { openAnother: async ({ directory, clock }) => new ProcessesStore(directory, clock) },
);
