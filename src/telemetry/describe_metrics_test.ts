import assert from "node:assert/strict";
import { describeMetrics } from "./describe_metrics.ts";
import { createMetrics } from "./metrics.ts";
import { noSamples } from "./sampled_metrics.ts";

Deno.test("describeMetrics() names what /metrics renders, with its type and its labels", async () => {
  const metrics = createMetrics({ version: "", startedAt: 0, samples: noSamples });
  metrics.reconciling({ key: "n/a", sourceType: "http" });
  metrics.reconciled({ key: "n/a", success: true, seconds: 1, result: "success", answeredAt: 1 });
  const rendered = (await Array.fromAsync(metrics.render())).join("");
  const types = [...rendered.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, ...each]) => each);
  const described = describeMetrics();
  assert.deepEqual(described.map(({ name, type }) => [name, type]), types);
  for (const { name, labels } of described) {
    const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? `, "gm");
    for (const [line, text = ""] of rendered.matchAll(series)) {
      const used = [...text.matchAll(/(\w+)="/g)].map(([, label]) => label!)
        .filter((label) => label !== "le");
      assert.deepEqual(used.toSorted(), labels.toSorted(), line);
    }
  }
});
