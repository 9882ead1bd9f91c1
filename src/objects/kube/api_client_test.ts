import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { startHttp } from "../../../tests/upstream.ts";
import { ApiClient } from "./api_client.ts";
import { ApiConnection } from "./api_connection.ts";
import { ApiUnreachableError } from "./api_unreachable_error.ts";

const what = 'Cannot list "things"';

/** What a client says of a server that gives it nothing. */
async function failureOf(server: string): Promise<unknown> {
  const clock = new ManualClock();
  const read = () => Promise.resolve({ headers: { authorization: "Bearer canary" } });
  const connection = new ApiConnection({ server, read }, { clock });
  const client = new ApiClient(connection, { clock, userAgent: "test" });
  try {
    return await client.json({ method: "GET", path: "/api", query: { q: "canary" }, what });
  } catch (error) {
    return error;
  } finally {
    connection.close();
  }
}

Deno.test("ApiClient names the server that cannot be reached, and why", async () => {
  const gone = await startHttp(() => {});
  await gone[Symbol.asyncDispose]();
  const error = await failureOf(gone.origin);
  assert.ok(error instanceof ApiUnreachableError);
  const state = `the API server 127.0.0.1:${gone.port} cannot be reached: connection refused`;
  assert.deepEqual([error.state, error.message], [state, `${what}: ${state}`]);
});

Deno.test("ApiClient says of a server that speaks something else that it does", async () => {
  await using page = await startHttp((_request, response) => void response.end("<p>canary"));
  const error = await failureOf(page.origin);
  assert.ok(error instanceof ApiUnreachableError);
  assert.match(error.message, /cannot be reached: its answer is not JSON$/);
});
