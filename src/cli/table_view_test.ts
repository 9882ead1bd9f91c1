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

NAMESPACE   NAME     READY   REVISION                     SIZE   NEXT    REASON
team        config   True    ${
      artifact.revision.slice(0, 26)
    }   ${artifact.size}    1m30s   Succeeded
team        other    False                                       1m30s   FetchFailed

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
