import { strict as assert } from "node:assert";
import { s3Retries } from "./s3_retries.ts";

async function delaysOf(errorType: "TRANSIENT" | "THROTTLING" | "CLIENT_ERROR"): Promise<number[]> {
  const delays: number[] = [];
  let token = await s3Retries.acquireInitialRetryToken("");
  for (;;) {
    const next = await s3Retries.refreshRetryTokenForRetry(token, { errorType })
      .catch(() => undefined);
    if (!next) return delays;
    token = next;
    delays.push(token.getRetryDelay());
  }
}

Deno.test("s3Retries are three, later each time and later still where a service is overrun", async () => {
  assert.deepEqual(await delaysOf("TRANSIENT"), [100, 400, 1_600]);
  assert.deepEqual(await delaysOf("THROTTLING"), [500, 1_000, 2_000]);
  assert.deepEqual(await delaysOf("CLIENT_ERROR"), []);
});

Deno.test("s3Retries do not grow fewer after many failures", async () => {
  for (let failures = 0; failures < 500; failures++) await delaysOf("TRANSIENT");
  assert.equal((await delaysOf("TRANSIENT")).length, 3);
});
