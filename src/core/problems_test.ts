import assert from "node:assert/strict";
import Type from "typebox";
import { describeSpec } from "./external_source.ts";
import { formatProblem } from "./format_problem.ts";
import { findProblems } from "./problems.ts";

const schema = describeSpec({
  http: Type.Object({
    url: Type.String({ format: "uri" }),
    method: Type.Optional(Type.String({ default: "GET" })),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
});
const http = { type: "http", http: { url: "http://example.com" } };
const valid = { interval: "5m", generator: http };
const hook = { name: "a", command: "jq" };

const cases: readonly { name: string; spec: unknown; problems: readonly string[] }[] = [
  { name: "nothing in a valid spec", spec: valid, problems: [] },
  {
    name: "nothing in a spec with every field",
    spec: {
      ...valid,
      suspend: true,
      destinationPath: "a/b",
      maxRetries: 0,
      hooks: {
        preRequest: [{
          ...hook,
          args: ["."],
          timeout: "1s",
          retryPolicy: "retry",
          env: [{ name: "A", value: "" }],
        }],
      },
      transform: { type: "cel", expression: "a" },
    },
    problems: [],
  },
  { name: "nothing in fields it does not know", spec: { ...valid, constructor: 1 }, problems: [] },
  { name: "no spec", spec: undefined, problems: ["spec: must be an object, is undefined"] },
  { name: "an empty spec", spec: null, problems: ["spec: must be an object, is empty"] },
  {
    name: "each field that is missing",
    spec: {},
    problems: ["spec.interval: is required", "spec.generator: is required"],
  },
  {
    name: "an interval that the API server would refuse",
    spec: { ...valid, interval: "1..5m" },
    problems: ['spec.interval: must be a duration such as 30s or 1h30m, is "1..5m"'],
  },
  {
    name: "an unknown type",
    spec: { ...valid, generator: { type: "ftp" } },
    problems: ['spec.generator.type: must be "http", is "ftp"'],
  },
  {
    name: "settings that the type wants",
    spec: { ...valid, generator: { type: "http" } },
    problems: ["spec.generator.http: is required when type is http"],
  },
  {
    name: "an unknown policy",
    spec: { ...valid, hooks: { postRequest: [hook, { ...hook, retryPolicy: "never" }] } },
    problems: [
      'spec.hooks.postRequest[1].retryPolicy: must be one of "ignore", "retry", "fail", is "never"',
    ],
  },
  {
    name: "a wrong value under a free key",
    spec: { ...valid, generator: { ...http, http: { ...http.http, labels: { a: 1 } } } },
    problems: ["spec.generator.http.labels.a: must be a string, is a number"],
  },
  {
    name: "every wrong type, however many there are",
    spec: {
      interval: 5,
      suspend: "yes",
      destinationPath: ["a"],
      maxRetries: 1.5,
      hooks: { preRequest: {}, postRequest: [1, { name: {}, command: true, args: [null] }] },
      transform: [],
      generator: "http",
    },
    problems: [
      "spec.interval: must be a string, is a number",
      "spec.suspend: must be true or false, is a string",
      "spec.destinationPath: must be a string, is a list",
      "spec.maxRetries: must be an integer, is a number",
      "spec.hooks.preRequest: must be a list, is an object",
      "spec.hooks.postRequest[0]: must be an object, is a number",
      "spec.hooks.postRequest[1].name: must be a string, is an object",
      "spec.hooks.postRequest[1].command: must be a string, is true",
      "spec.hooks.postRequest[1].args[0]: must be a string, is empty",
      "spec.transform: must be an object, is a list",
      "spec.generator: must be an object, is a string",
    ],
  },
];

for (const { name, spec, problems } of cases) {
  Deno.test(`findProblems() finds ${name}`, () => {
    assert.deepEqual(
      findProblems(schema, spec).map((each) => formatProblem(each, "spec")),
      problems,
    );
  });
}

Deno.test("findProblems() shows no more of a misplaced URL than may be public", () => {
  const [problem] = findProblems(schema, { ...valid, interval: "https://me:pw@host/a?token=t" });
  assert.match(problem!.message, /, is "https:\/\/host\/a"$/);
});

Deno.test("findProblems() shortens a long value", () => {
  const [problem] = findProblems(schema, { ...valid, interval: "x".repeat(10_000) });
  assert.ok(problem!.message.length < 200);
});

const limits = [
  {
    schema: Type.String({ pattern: "^a$" }),
    value: "b",
    message: 'must be text that matches ^a$, is "b"',
  },
  {
    schema: Type.String({ minLength: 2 }),
    value: "a",
    message: "must have 2 characters or more, has 1",
  },
  {
    schema: Type.String({ maxLength: 1 }),
    value: "ab",
    message: "must have at most 1 characters, has 2",
  },
  { schema: Type.Integer({ minimum: 1 }), value: 0, message: "must be 1 or more, is 0" },
  { schema: Type.Integer({ maximum: 1 }), value: 2, message: "must be at most 1, is 2" },
  {
    schema: Type.Array(Type.String(), { minItems: 1 }),
    value: [],
    message: "must have 1 entries or more",
  },
  {
    schema: Type.Array(Type.String(), { maxItems: 1 }),
    value: ["a", "b"],
    message: "must have at most 1 entries",
  },
];
for (const { schema, value, message } of limits) {
  Deno.test(`findProblems() knows the limit: ${message}`, () => {
    assert.deepEqual(findProblems(schema, value), [{ path: [], message }]);
  });
}
