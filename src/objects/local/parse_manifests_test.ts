import assert from "node:assert/strict";
import { parseManifests } from "./parse_manifests.ts";

const two = `# a comment
kind: ExternalSource
metadata:
  name: a
spec:
  interval: 5m
  hooks:
    postRequest:
      - name: x
        command: jq
      - {name: y,
         command: yq}
---
# nothing
---
kind: Secret
data: &values
  token: eA==
copy: *values
`;

Deno.test("parseManifests() gives each object of a file, in order", () => {
  const { manifests, kindless, problems } = parseManifests(two);
  assert.deepEqual(problems, []);
  assert.deepEqual(kindless, []);
  assert.deepEqual(manifests.map(({ kind }) => kind), ["ExternalSource", "Secret"]);
  assert.deepEqual(manifests[1]!.object, {
    kind: "Secret",
    data: { token: "eA==" },
    copy: { token: "eA==" },
  });
});

const places: readonly (readonly [number, readonly string[], number])[] = [
  [0, [], 2],
  [0, ["spec"], 5],
  [0, ["spec", "interval"], 6],
  [0, ["spec", "generator", "type"], 5],
  [0, ["spec", "hooks", "postRequest", "0", "command"], 10],
  [0, ["spec", "hooks", "postRequest", "1", "command"], 12],
  [0, ["spec", "hooks", "postRequest", "7"], 8],
  [0, ["spec", "interval", "deeper"], 6],
  [1, ["kind"], 16],
  [1, ["copy", "token"], 18],
];
for (const [index, path, line] of places) {
  Deno.test(`parseManifests() knows the line of object ${index} ${path.join(".")}`, () => {
    assert.equal(parseManifests(two).manifests[index]!.lineOf(path), line);
  });
}

Deno.test("parseManifests() reads JSON", () => {
  const text = JSON.stringify({ kind: "ExternalSource", spec: { interval: "5m" } }, undefined, 2);
  const [manifest] = parseManifests(text).manifests;
  assert.deepEqual(manifest!.object["spec"], { interval: "5m" });
  assert.equal(manifest!.lineOf(["spec", "interval"]), 4);
});

Deno.test("parseManifests() takes a list apart", () => {
  const text = "kind: List\nitems:\n- kind: A\n  spec: 1\n- kind: B\n  spec: 2\n";
  const { manifests } = parseManifests(text);
  assert.deepEqual(manifests.map(({ kind }) => kind), ["A", "B"]);
  assert.equal(manifests[1]!.lineOf(["spec"]), 6);
});

Deno.test("parseManifests() keeps keys that JavaScript gives a meaning", () => {
  const { object } = parseManifests("kind: A\n__proto__: {polluted: true}\n").manifests[0]!;
  assert.equal(Object.getPrototypeOf(object), Object.prototype);
  assert.ok(Object.hasOwn(object, "__proto__"));
});

for (const text of ["", "  \n", "# a comment\n", "---\n---\n"]) {
  Deno.test(`parseManifests() finds nothing in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseManifests(text), { manifests: [], kindless: [], problems: [] });
  });
}

Deno.test("parseManifests() tells documents without a kind", () => {
  const { manifests, kindless } = parseManifests("just text\n---\na: 1\n---\n- kind: A\n");
  assert.deepEqual(manifests, []);
  assert.deepEqual(kindless.map(({ line }) => line), [1, 3, 5]);
});

const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]", "kind: A"];
for (const name of "bcdefghi") {
  const last = String.fromCharCode(name.charCodeAt(0) - 1);
  bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(", ")}]`);
}

const broken: readonly (readonly [string, string, number, RegExp])[] = [
  ["an open quote", 'kind: A\na: "x CANARY', 2, /^not YAML: Missing closing "quote$/],
  ["an open bracket", "kind: A\na: [CANARY", 2, /^not YAML: Flow sequence/],
  ["a key twice", "kind: A\nCANARY: 1\nCANARY: 2\n", 3, /^not YAML: Map keys must be unique$/],
  ["a stray bracket", "kind: A\n---\n}CANARY", 3, /^not YAML: something that does not belong/],
  ["a bad escape", 'kind: A\na: "\\qCANARY"', 2, /^not YAML: an escape sequence/],
  ["an unknown tag", "kind: A\na: !CANARY! x", 2, /^not YAML: a tag/],
  ["a bad block", "kind: A\na: |CANARY\n x", 2, /^not YAML: something/],
  ["a reserved character", "kind: A\na: @CANARY", 2, /^not YAML: a character/],
  ["nested mappings", "kind: A\na: CANARY: b", 2, /^not YAML: Nested mappings/],
  ["a tab", "kind: A\na:\n\t- CANARY", 3, /^not YAML: Tabs are not allowed/],
  ["an alias without an anchor", "kind: A\na: *CANARY", 1, /unknown aliases$/],
  ["an alias bomb", bomb.join("\n"), 1, /too many/],
  ["very deep nesting", `kind: A\na: ${"[".repeat(100_000)}`, 2, /^not YAML: /],
];
for (const [what, text, line, message] of broken) {
  Deno.test(`parseManifests() reports ${what} with its line and quotes nothing`, () => {
    const { problems } = parseManifests(text);
    assert.equal(problems[0]?.line, line);
    assert.match(problems[0].message, message);
    assert.doesNotMatch(problems.map((problem) => problem.message).join(), /CANARY/);
  });
}
