import assert from "node:assert/strict";
import { formatQuantity, parseQuantity } from "./quantity.ts";

Deno.test("parseQuantity() reads sizes as Kubernetes does", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["1048576", 1_048_576],
    ["256Mi", 268_435_456],
    ["1G", 1_000_000_000],
    ["1.5Gi", 1_610_612_736],
    [".5Ki", 512],
    ["1k", 1_000],
    ["1e6", 1_000_000],
    ["12E2", 1_200],
    ["0.5", 1],
    ["+1", 1],
    ["", undefined],
    ["-1", undefined],
    ["1K", undefined],
    ["1 Mi", undefined],
    ["Mi", undefined],
    ["1MiB", undefined],
    ["9P9", undefined],
    ["9e99", undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(parseQuantity(text), bytes, text);
});

Deno.test("formatQuantity() takes the largest unit that divides, so that parsing gives it back", () => {
  const cases = [[0, "0"], [1_000, "1000"], [1_024, "1Ki"], [268_435_456, "256Mi"]] as const;
  for (const [bytes, text] of cases) {
    assert.equal(formatQuantity(bytes), text);
    assert.equal(parseQuantity(text), bytes);
  }
});
