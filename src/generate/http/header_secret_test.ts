import assert from "node:assert/strict";
import { StepError } from "../../core/step_error.ts";
import { headersFromSecret } from "./header_secret.ts";

const secret = (data: Record<string, string | Uint8Array>) => ({
  name: "api",
  resourceVersion: "1",
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) =>
      [key, typeof value === "string" ? new TextEncoder().encode(value) : value] as const
    ),
  ),
});

Deno.test("headersFromSecret() takes every key, its value without one trailing newline", () => {
  const headers = headersFromSecret(
    secret({ Authorization: "Bearer x\n", "X-Windows": "y\r\n", "x-plain": " z ", empty: "" }),
  );
  assert.deepEqual(headers, {
    Authorization: "Bearer x",
    "X-Windows": "y",
    "x-plain": " z ",
    empty: "",
  });
});

Deno.test("headersFromSecret() keeps bytes above ASCII one character each", () => {
  assert.deepEqual(headersFromSecret(secret({ a: "é" })), { a: "\xc3\xa9" });
});

Deno.test("headersFromSecret() refuses what cannot be sent, naming Secret and key only", () => {
  for (
    const data of [{ "X-A": "canary\n\n" }, { "X-A": "a\r\nX-Evil: canary" }, { "X-A": "canary\0" }]
  ) {
    assert.throws(() => headersFromSecret(secret(data)), (error) => {
      assert.ok(error instanceof StepError);
      assert.equal(error.class, "secret");
      assert.match(error.message, /"api".*"X-A"/);
      assert.doesNotMatch(error.message, /canary/);
      return true;
    });
  }
});
