import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { LocalViewOptions } from "./local_view.ts";
import { LinesView } from "./lines_view.ts";

/** A view of a folder that is being read, and what it has printed. */
function open() {
  const found = new Map<SourceKey, ExternalSource>();
  const sources = {
    get: (key: SourceKey) => found.get(key),
    keys: () => found.keys(),
    get size() {
      return found.size;
    },
    state: "waiting" as LocalViewOptions["objects"]["sources"]["state"],
  };
  const printed: string[] = [];
  const clock = new ManualClock();
  const view = new LinesView({
    objects: { sources },
    clock,
    input: { print: (text) => void printed.push(text), printError: () => {} },
  });
  view.started(undefined, { directory: "sources", urlBase: "http://localhost:8080" });
  return { view, printed, clock, sources, found };
}

const watching = "watching sources, artifacts on http://localhost:8080\n";

Deno.test("LinesView says once that a folder holds no source, as soon as it has been read", async () => {
  const { view, printed, clock, sources } = open();
  await clock.advance(5_000);
  assert.deepEqual(printed, [watching]);
  sources.state = "synced";
  await clock.advance(60_000);
  assert.deepEqual(printed, [watching, "no ExternalSource yet\n"]);
  view.close();
  assert.equal(clock.pending, 0);
});

Deno.test("LinesView is silent where there is a source", async () => {
  const { view, printed, clock, sources, found } = open();
  found.set("team/config", sourceOf());
  sources.state = "synced";
  await clock.advance(60_000);
  assert.deepEqual(printed, [watching]);
  view.close();
});

Deno.test("LinesView that is closed looks no more", () => {
  const { view, clock } = open();
  view.close();
  assert.equal(clock.pending, 0);
});

Deno.test("LinesView prints a line for what was published anew, and how to download it", () => {
  const { view, printed } = open();
  const artifact = artifactOf("a");
  const result = { outcome: { kind: "published", artifact }, changed: true };
  view.outcome("team/config", result as Parameters<typeof view.outcome>[1]);
  assert.deepEqual(printed.slice(1), [
    `team/config  ${artifact.revision}  100 bytes\n  download: curl -LO ${artifact.url}\n`,
  ]);
  view.close();
});
