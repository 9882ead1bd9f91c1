import { strict as assert } from "node:assert";
import { type Asked, askRaw } from "./ask_executor.ts";
import type { Jail } from "./jail.ts";

/** An attack on the server itself, and what it has to be answered. */
export interface WireAttack extends Asked {
  readonly what: string;
  readonly status: number;
  readonly text: string;
}

const paths = ["/execute", "/execute/stream"];
const works = JSON.stringify({ command: "cat", args: [], env: {}, timeoutMs: 1_000 });

/** What needs the right token to be a threat has it. */
export function wireAttacks(token: string): readonly WireAttack[] {
  return [...strangers(token), ...malformed];
}

function strangers(token: string): readonly WireAttack[] {
  const right = { authorization: `Bearer ${token}` };
  const credentials: Readonly<Record<string, Record<string, string>>> = {
    "no token": {},
    "an empty token": { authorization: "Bearer " },
    "a wrong token": { authorization: `Bearer ${"0".repeat(token.length)}` },
    "a token that is too short": { authorization: `Bearer ${token.slice(0, -1)}` },
    "a token that is too long": { authorization: `Bearer ${token}0` },
    "a token without its scheme": { authorization: token },
    "a token for a password": { authorization: `Basic ${btoa(`user:${token}`)}` },
    "a token in another header": { "x-token": token, cookie: `token=${token}` },
  };
  const outside: Readonly<Record<string, Record<string, string>>> = {
    "another namespace": right,
    "another namespace that claims to be this one": {
      ...right,
      ...{ host: "localhost", "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1" },
    },
  };
  const from = "outside";
  const foreign = { status: 403, text: "Only processes of this pod may run hooks\n" };
  return paths.flatMap((path) => [
    ...Object.entries(credentials).map(([what, headers]) => ({
      ...{ what, path, headers, body: works, status: 401, text: "Token is missing or wrong\n" },
    })),
    ...Object.entries(outside).map(([what, headers]) => ({
      ...{ what, path, headers, from, body: works, ...foreign } as const,
    })),
    {
      ...{ what: "a proxy's form of a URL", path: `http://127.0.0.1:8082${path}`, headers: right },
      ...{ from, body: works, status: 404, text: "Not found\n" } as const,
    },
  ]);
}

const stream = "/execute/stream";
const once = "/execute";
const notFound = { status: 404, text: "Not found\n" };
const wrongMethod = { status: 405, text: "Method not allowed\n" };
const invalidBody = { status: 400, text: "Invalid request body\n" };
const invalid = { status: 400, text: "Invalid request\n" };

const malformed: readonly WireAttack[] = [
  ...["/", "//execute", "/execute/", "/health/../execute", "/%65xecute", "/EXECUTE", "/execute/.."]
    .map((path) => ({ what: `path ${path}`, path, body: works, ...notFound })),
  ...["GET", "PUT", "OPTIONS", "DELETE"].map((method) => ({
    ...{ what: `method ${method}`, path: once, method, ...wrongMethod },
  })),
  { what: "a body that is no JSON", path: once, body: "{", ...invalidBody },
  { what: "a body of brackets", path: once, body: "[".repeat(2 ** 20), ...invalidBody },
  {
    what: "arguments that are no texts",
    path: once,
    body: '{"command":"cat","args":[{"length":1}]}',
    ...invalidBody,
  },
  {
    what: "variables that are no texts",
    path: once,
    body: '{"command":"cat","env":{"LISTED":["a"]}}',
    ...invalidBody,
  },
  {
    what: "a time-out below zero",
    path: once,
    body: '{"command":"cat","timeout":"-5s"}',
    ...{ status: 400, text: "Invalid timeout\n" },
  },
  {
    what: "a body over the limit",
    path: once,
    body: `{"command":"cat","stdin":"${"A".repeat(33 * 2 ** 20)}"}`,
    ...{ status: 413, text: "Request is too large\n" },
  },
  { what: "a call that is no JSON", path: stream, body: "{\n", ...invalid },
  { what: "a call of brackets", path: stream, body: `${"[".repeat(200_000)}\n`, ...invalid },
  { what: "a call without an end", path: stream, body: "x".repeat(2 ** 20), ...invalid },
  {
    what: "a call with arguments that are no list",
    path: stream,
    body: '{"command":"cat","args":{"0":"a","length":1},"env":{},"timeoutMs":1}\n',
    ...invalid,
  },
  {
    what: "a call with a time-out that is no number",
    path: stream,
    body: '{"command":"cat","args":[],"env":{},"timeoutMs":"1"}\n',
    ...invalid,
  },
];

/** Sends an attack and compares the answer. @returns what the attacker was told */
export async function sendWireAttack(jail: Jail, attack: WireAttack): Promise<string> {
  const { what: _, status, text, ...asked } = attack;
  // The connection may break before all of a body over the limit is sent.
  const refusal = { status: 413, body: text };
  const answer = await askRaw(jail, asked).catch((error) => {
    if (status !== 413) throw error;
    return refusal;
  });
  assert.deepEqual([answer.status, answer.body.toString()], [status, text]);
  return answer.body.toString();
}
