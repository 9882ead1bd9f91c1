import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf, conditionOf, sourceOf } from "../../tests/source_fixtures.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { sourceKey } from "../core/source_key.ts";
import { TableView } from "./table_view.ts";

const artifact = artifactOf("a");
const published = sourceOf({
  status: { artifact, conditions: [conditionOf("Ready=True/Succeeded")] },
});
const broken = sourceOf({
  metadata: { name: "other" },
  status: { conditions: [conditionOf("Ready=False/FetchFailed", 'Cannot fetch\x1b[2J "x": 404')] },
});

/** A view of sources on a terminal, and what it has drawn. */
function open(size: { columns: number; rows: number }, ...sources: ExternalSource[]) {
  const byKey = new Map(
    sources.map((source) => [sourceKey(source.metadata), source]),
  );
  const drawn: string[] = [];
  const clock = new ManualClock();
  const view = new TableView({
    objects: {
      sources: {
        get: (key) => byKey.get(key),
        keys: () => byKey.keys(),
        size: byKey.size,
        state: "synced",
      },
    },
    clock,
    input: { print: (text) => void drawn.push(text), printError: () => {} },
    consoleSize: () => size,
  });
  const plannedAt = () => clock.now() + 90_000;
  view.started({ plannedAt }, { directory: "sources", urlBase: "http://localhost:8080" });
  return { view, drawn, clock };
}

Deno.test("TableView shows each source, failures in full, and how to download", () => {
  const { view, drawn } = open({ columns: 120, rows: 40 }, published, broken);
  view.close();
  assert.equal(
    drawn.join(""),
    `sources, artifacts on http://localhost:8080 (Ctrl-C ends)

NAMESPACE   NAME     READY   REVISION       SIZE   NEXT    REASON
team        config   True    aaaaaaaaaaaa   100    1m30s   Succeeded
team        other    False                         1m30s   FetchFailed

team/other: Cannot fetch [2J "x": 404

curl -LO ${artifact.url}
`,
  );
});

Deno.test("TableView shows the problem of a file until it is solved", () => {
  const { view, drawn } = open({ columns: 120, rows: 40 }, published);
  view.problem("a.yaml:3: not YAML");
  assert.match(drawn.at(-1)!, /^a\.yaml:3: not YAML$/m);
  view.outcome();
  assert.match(drawn.at(-1)!, /^a\.yaml:3: not YAML$/m);
  view.solved("a.yaml:3: not YAML");
  assert.doesNotMatch(drawn.at(-1)!, /a\.yaml/);
  view.close();
});

Deno.test("TableView draws over what it has drawn, wrapped lines counted", async () => {
  const { view, drawn, clock } = open({ columns: 60, rows: 40 }, published);
  const wrapped = Math.ceil(`curl -LO ${artifact.url}`.length / 60);
  await clock.advance(1_000);
  assert.equal(drawn.length, 2);
  assert.ok(drawn[1]!.startsWith(`\x1b[${5 + wrapped}A\r\x1b[J`), JSON.stringify(drawn[1]));
  view.close();
});

Deno.test("TableView never draws more lines than the terminal has", () => {
  const many = Array.from(
    { length: 50 },
    (_, index) => sourceOf({ metadata: { name: `n${index}` } }),
  );
  const { view, drawn } = open({ columns: 120, rows: 10 }, ...many);
  view.close();
  const lines = drawn.join("").split("\n");
  // One is left for the cursor, and what follows the last line break is none.
  assert.equal(lines.length - 1, 9);
  assert.equal(lines.at(-2), "… 45 more lines");
});

const named = (source: ExternalSource, name: string) => ({
  ...source,
  metadata: { ...source.metadata, name },
});
const many = (source: ExternalSource) =>
  Array.from({ length: 50 }, (_, index) => named(source, `n${index + 10}`));
const linesOf = (drawn: readonly string[]) => drawn.join("").split("\n");

Deno.test("TableView cuts long names on a small terminal, and no reason", () => {
  const source = named(published, "settings-of-the-web-shop");
  const long = { ...source, metadata: { ...source.metadata, namespace: "all-of-our-tenants" } };
  const { view, drawn } = open({ columns: 80, rows: 24 }, long);
  view.close();
  assert.equal(
    linesOf(drawn)[3],
    "all-of-our-t…   settings-of-t…   True    aaaaaaaaaaaa   100    1m30s   Succeeded",
  );
});

Deno.test("TableView leaves up to half of the terminal to what is wrong", () => {
  const { view, drawn } = open({ columns: 120, rows: 12 }, ...many(broken));
  view.close();
  assert.deepEqual(linesOf(drawn).slice(2), [
    "NAMESPACE   NAME   READY   REVISION   SIZE   NEXT    REASON",
    "team        n10    False                     1m30s   FetchFailed",
    "… 49 more lines",
    "",
    'team/n10: Cannot fetch [2J "x": 404',
    'team/n11: Cannot fetch [2J "x": 404',
    'team/n12: Cannot fetch [2J "x": 404',
    'team/n13: Cannot fetch [2J "x": 404',
    "… 46 more lines",
    "",
  ]);
});

Deno.test("TableView shows the one failure among many sources, published or not", () => {
  const other = 'team/other: Cannot fetch [2J "x": 404';
  const last = {
    published: ["… 49 more lines", "", other, "… 51 more lines", ""],
    pending: ["… 48 more lines", "", other, ""],
  };
  for (const [state, shown] of Object.entries(last)) {
    const sources = many(state === "published" ? published : sourceOf());
    const { view, drawn } = open({ columns: 120, rows: 10 }, ...sources, broken);
    view.close();
    assert.deepEqual(linesOf(drawn).slice(-shown.length), shown);
    assert.equal(linesOf(drawn).length - 1, 9);
  }
});
