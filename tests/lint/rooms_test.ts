import assert from "node:assert/strict";
import plugin from "./rooms.ts";

const messagesOf = (file: string, source: string) =>
  Deno.lint.runPlugin(plugin, file, source).map(({ message }) => message);

const imports: readonly { file: string; specifier: string; refused?: string }[] = [
  { file: "src/main.ts", specifier: "./cli/main_command.ts" },
  {
    file: "src/main.ts",
    specifier: "./core/clock.ts",
    refused: "src/main.ts may not import src/core/clock.ts",
  },
  { file: "src/generate/http/http.ts", specifier: "../../core/clock.ts" },
  { file: "src/generate/http/http.ts", specifier: "../generator.ts" },
  {
    file: "src/generate/http/http.ts",
    specifier: "../../store/pvc.ts",
    refused: "src/generate may not import src/store/pvc.ts",
  },
  {
    file: "src/core/artifact.ts",
    specifier: "../pack/pack.ts",
    refused: "src/core may not import src/pack/pack.ts",
  },
  { file: "src/reconcile/reconcile.ts", specifier: "../store/artifact_store.ts" },
  {
    file: "src/reconcile/reconcile.ts",
    specifier: "../telemetry/log.ts",
    refused: "src/reconcile may not import src/telemetry/log.ts",
  },
  { file: "src/serve/artifact_server.ts", specifier: "../store/artifact_store.ts" },
  {
    file: "src/serve/artifact_server.ts",
    specifier: "../store/pvc.ts",
    refused: "src/serve may not import src/store/pvc.ts",
  },
  {
    file: "src/objects/kube/kube.ts",
    specifier: "../local/local.ts",
    refused: "src/objects/kube may not import src/objects/local",
  },
  {
    file: "src/utils/x.ts",
    specifier: "../core/clock.ts",
    refused: "src/utils is not a room",
  },
  { file: "src/store/pvc.ts", specifier: "node:fs" },
  { file: "src/generate/http/http.ts", specifier: "undici" },
  { file: "src/core/schema.ts", specifier: "typebox/value" },
  {
    file: "src/core/schema.ts",
    specifier: "yaml",
    refused: 'src/core/schema.ts may not import "yaml"',
  },
  {
    file: "src/objects/objects.ts",
    specifier: "@kubernetes/client-node",
    refused: 'src/objects/objects.ts may not import "@kubernetes/client-node"',
  },
  {
    file: "src/pack/pack.ts",
    specifier: "npm:left-pad@1",
    refused: '"npm:left-pad@1" is not a dependency of this project',
  },
  {
    file: "src/pack/pack.ts",
    specifier: "../../tests/contract/store.ts",
    refused: "src/pack/pack.ts may not import tests/contract/store.ts",
  },
  { file: "src/store/pvc_test.ts", specifier: "../../tests/contract/store.ts" },
  { file: "src/store/pvc_test.ts", specifier: "yaml" },
  {
    file: "src/store/pvc_test.ts",
    specifier: "../generate/generator.ts",
    refused: "src/store may not import src/generate/generator.ts",
  },
  { file: "tests/contract/store.ts", specifier: "../../src/store/artifact_store.ts" },
];

for (const { file, specifier, refused } of imports) {
  Deno.test(`imports ${refused ? "refuses" : "allows"} ${specifier} in ${file}`, () => {
    const source = `import x from "${specifier}"; x();`;
    assert.deepEqual(messagesOf(file, source), refused ? [refused] : []);
  });
}

Deno.test("imports sees every way to import, also under the absolute path of a checkout", () => {
  const file = new URL("../../src/pack/pack.ts", import.meta.url).pathname;
  for (
    const source of [
      'import type { A } from "../store/a.ts";',
      'export { a } from "../store/a.ts";',
      'export * from "../store/a.ts";',
      'await import("../store/a.ts");',
    ]
  ) {
    assert.deepEqual(messagesOf(file, source), ["src/pack may not import src/store/a.ts"], source);
  }
});

Deno.test("imports says what to do instead", () => {
  const [diagnostic] = Deno.lint.runPlugin(
    plugin,
    "src/pack/pack.ts",
    'import "../store/a.ts";',
  );
  assert.match(diagnostic?.hint ?? "", /Stages never import each other/);
});

const ambient = [
  ...["Date.now()", "new Date()", "setTimeout(f, 1)", "setInterval(f, 1)", "Math.random()"],
  ...['Deno.env.get("A")', "process.env", "globalThis.Date.now()"],
];
for (const expression of ambient) {
  Deno.test(`ambient refuses ${expression} everywhere but in cli and tests`, () => {
    const source = `export const x = ${expression};`;
    assert.equal(messagesOf("src/queue/queue.ts", source).length, 1);
    assert.deepEqual(messagesOf("src/cli/controller.ts", source), []);
    assert.deepEqual(messagesOf("src/queue/queue_test.ts", source), []);
    assert.deepEqual(messagesOf("tests/cluster/control_plane.ts", source), []);
  });
}

Deno.test("ambient allows a date made from a given time", () => {
  assert.deepEqual(messagesOf("src/queue/queue.ts", "new Date(clock.now()).toISOString();"), []);
});

Deno.test("console is for scripts and tests", () => {
  const messages = messagesOf("src/cli/get.ts", 'console.log("a");');
  assert.deepEqual(messages, ["src/cli/get.ts may not use console"]);
  assert.deepEqual(messagesOf("src/cli/get_test.ts", 'console.log("a");'), []);
  assert.deepEqual(messagesOf("docs/quickstart/start.ts", 'console.log("a");'), []);
});
