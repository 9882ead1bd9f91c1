import assert from "node:assert/strict";
import { manifestContent } from "./manifest_content.ts";

const head = "apiVersion: source.flux.oddkin.co/v1alpha1\nkind: ExternalSource\n";
const secretHead = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
const problemsOf = (text: string) =>
  manifestContent(text, () => []).problems.map(({ line, message }) => `${line} ${message}`);

Deno.test("manifestContent() reads sources with what a person may write", () => {
  const text = `${head}metadata:
  name: a.b
  namespace: apps
  labels: {team: x}
  annotations: {note: "1"}
  finalizers: [f]
spec: {interval: 5m}
status: {failures: 7}
---
${head}metadata: {name: b}
`;
  const { objects, problems } = manifestContent(text, () => []);
  assert.deepEqual(problems, []);
  assert.deepEqual(objects.map(({ key, value }) => ({ key, value })), [
    {
      key: "apps/a.b",
      value: {
        metadata: {
          name: "a.b",
          namespace: "apps",
          labels: { team: "x" },
          annotations: { note: "1" },
          finalizers: ["f"],
        },
        spec: { interval: "5m" },
      },
    },
    {
      key: "default/b",
      value: { metadata: { name: "b", namespace: "default" }, spec: undefined },
    },
  ]);
});

Deno.test("manifestContent() decodes Secrets, stringData last", () => {
  const text = `${secretHead}data:
  token: c2VjcmV0
  both: b2xk
  block: |
    c2Vj
    cmV0
  constructor: ""
stringData: {both: new}
`;
  const { objects, problems } = manifestContent(text, () => []);
  assert.deepEqual(problems, []);
  const [secret] = objects;
  assert.ok(secret?.kind === "Secret");
  const decoded = Object.entries(secret.value.data)
    .map(([key, bytes]) => [key, new TextDecoder().decode(bytes)]);
  assert.deepEqual(Object.fromEntries(decoded), {
    token: "secret",
    both: "new",
    block: "secret",
    constructor: "",
  });
  assert.equal(secret.value.data["toString"], undefined);
});

const wrong: readonly (readonly [string, string, readonly (string | RegExp)[]])[] = [
  ["no name", `${head}metadata:\n  namespace: a\n`, ["3 metadata.name: is required"]],
  ["no metadata", head, ["1 metadata.name: is required"]],
  ["a name that leads elsewhere", `${head}metadata: {name: ../a}\n`, [
    /^3 metadata\.name: must be/,
  ]],
  ["a namespace with a dot", `${head}metadata: {name: a, namespace: a.b}\n`, [
    /^3 metadata\.namespace: must be/,
  ]],
  ["metadata that is text", `${head}metadata: x\n`, ["3 metadata: must be an object"]],
  ["an annotation that is no text", `${head}metadata:\n  name: a\n  annotations:\n    x: 1\n`, [
    "6 metadata.annotations.x: must be a string: put it in quotes",
  ]],
  ["an old version", `${head.replace("v1alpha1", "v1")}metadata: {name: a}\n`, [
    '1 apiVersion: must be "source.flux.oddkin.co/v1alpha1", is "source.flux.oddkin.co/v1"',
  ]],
  ["no version and a misspelt kind", "kind: Externalsource\nmetadata: {name: a}\n", [
    '1 apiVersion: must be "source.flux.oddkin.co/v1alpha1", is missing',
    '1 kind: must be "ExternalSource", is "Externalsource"',
  ]],
  ["data that is not base64", `${secretHead}data:\n  a: CANARY!\n  b: 1\n`, [
    "5 data.a: must be base64: or put plain text into stringData",
    "6 data.b: must be a string: put it in quotes",
  ]],
  ["a document without kind beside ours", `${secretHead}---\nfoo: 1\n`, ["5 kind: is required"]],
];
for (const [what, text, expected] of wrong) {
  Deno.test(`manifestContent() reports ${what}`, () => {
    const problems = problemsOf(text);
    assert.equal(problems.length, expected.length, problems.join("\n"));
    for (const [index, each] of expected.entries()) {
      if (typeof each === "string") assert.equal(problems[index], each);
      else assert.match(problems[index]!, each);
    }
    assert.equal(manifestContent(text, () => []).incomplete, true);
  });
}

Deno.test("manifestContent() leaves other kinds and other YAML alone", () => {
  const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\nvalues: 1\n";
  const content = manifestContent(text, () => []);
  assert.deepEqual(content, {
    objects: [],
    others: ['ConfigMap "x"'],
    incomplete: false,
    problems: [],
  });
});

Deno.test("manifestContent() reports a wrong spec with its line and hands the source over", () => {
  const text = `${head}metadata: {name: a}\nspec:\n  interval: often\n`;
  const problem = { path: ["interval"], message: "must match ^x$" };
  const { objects, incomplete, problems } = manifestContent(text, () => [problem]);
  assert.equal(objects.length, 1);
  assert.equal(incomplete, false);
  assert.deepEqual(problems, [{ line: 5, message: "spec.interval: must match ^x$" }]);
});
