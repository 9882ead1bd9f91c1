import { strict as assert } from "node:assert";
import { formatBytes } from "./format_bytes.ts";

Deno.test("formatBytes() takes the largest unit of which there is one", () => {
  const cases = [
    ...[[0, "0 B"], [1_023, "1023 B"], [1_024, "1.0 KiB"], [1_572_864, "1.5 MiB"]],
    ...[[2 ** 60, "1024.0 PiB"], [2 ** 30 - 1, "1024.0 MiB"]],
  ] as const;
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});
