import assert from "node:assert/strict";
import { checkSpec } from "./check_spec.ts";

const http = { url: "http://upstream.test/" };
const generator = { type: "http", http };
const cases: readonly { name: string; spec: unknown; problems: readonly string[] }[] = [
  {
    name: "a right one",
    spec: {
      interval: "5m",
      generator,
      transform: { type: "cel", expression: "x" },
      hooks: { preRequest: [{ name: "a", command: "jq", env: [{ name: "A", value: "" }] }] },
    },
    problems: [],
  },
  {
    name: "a misspelt field",
    spec: {
      interval: "5m",
      destinationpath: "a",
      generator: { type: "http", http: { ...http, methd: "GET" } },
    },
    problems: [
      'destinationpath: unknown field; did you mean "destinationPath"?',
      'generator.http.methd: unknown field; did you mean "method"?',
    ],
  },
  {
    name: "a field in a list, and one named like a method of every object",
    spec: {
      interval: "5m",
      generator,
      hooks: { postRequest: [{ name: "a", command: "jq", toString: 1 }] },
    },
    problems: [
      "hooks.postRequest.0.toString: unknown field; known: name, command, args, timeout, retryPolicy, env",
    ],
  },
  {
    name: "a wrong value beside an unknown field",
    spec: { interval: "5x", generator, foo: {} },
    problems: [
      'interval: must be a duration such as 30s or 1h30m, is "5x"',
      "foo: unknown field; known: interval, suspend, destinationPath, maxRetries, hooks, transform, generator",
    ],
  },
];
for (const { name, spec, problems } of cases) {
  Deno.test(`checkSpec() of ${name}`, () => {
    const found = checkSpec(spec).map(({ path, message }) => `${path.join(".")}: ${message}`);
    assert.deepEqual(found, problems);
  });
}
