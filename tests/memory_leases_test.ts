import { testLeases } from "./contract/leases.ts";
import { MemoryLeases } from "./memory_leases.ts";

testLeases(
  "MemoryLeases",
  () => Promise.resolve({ leases: new MemoryLeases(), close: () => {} }),
);
testLeases(
  "LeasesClient",
  () => Promise.resolve({ leases: new MemoryLeases().client(), close: () => {} }),
);
