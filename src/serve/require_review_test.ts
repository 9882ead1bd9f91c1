import assert from "node:assert/strict";
import { textAnswer } from "./http_answer.ts";
import { parseHttpRequest } from "./http_request.ts";
import { requireReview } from "./require_review.ts";
import type { ReviewAnswer } from "./reviewed_tokens.ts";

const answers = new Map<string, ReviewAnswer>([
  ["good.one", "allowed"],
  ["poor", "forbidden"],
  ["busy", "too-many"],
  ["lost", "unanswered"],
]);

const asked: string[] = [];
const handler = requireReview(() => textAnswer(200, "a 1"), {
  ask: (token) => {
    asked.push(token);
    return Promise.resolve(answers.get(token) ?? "unknown");
  },
});

async function ask(...fields: readonly string[]) {
  asked.length = 0;
  const head = ["GET /metrics HTTP/1.1", "Host: h", ...fields].join("\r\n");
  return await handler(parseHttpRequest(head)!);
}

Deno.test("requireReview() answers who is let in, and says to others only what they have to do", async () => {
  assert.equal((await ask("Authorization: Bearer good.one")).status, 200);
  assert.equal((await ask("authorization:  bearer   good.one ")).status, 200);
  const unknown = await ask("Authorization: Bearer none");
  assert.equal(unknown.status, 401);
  assert.equal(unknown.headers?.["WWW-Authenticate"], 'Bearer realm="metrics"');
  assert.equal((await ask("Authorization: Bearer poor")).status, 403);
  const lost = await ask("Authorization: Bearer lost");
  assert.deepEqual([lost.status, lost.headers?.["Retry-After"]], [503, "10"]);
  assert.equal((await ask("Authorization: Bearer busy")).status, 429);
});

Deno.test("requireReview() asks nobody about what is no bearer token", async () => {
  for (
    const fields of [
      [],
      ["Authorization: Basic Z29vZC5vbmU="],
      ["Authorization: Bearer"],
      ["Authorization: Bearer good.one poor"],
      ["Authorization: Bearer good.one", "Authorization: Bearer good.one"],
      ["Authorization: good.one"],
    ]
  ) {
    assert.equal((await ask(...fields)).status, 401, fields.join());
    assert.deepEqual(asked, []);
  }
});
