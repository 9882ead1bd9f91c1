import assert from "node:assert/strict";
import { MissedArtifacts } from "./missed_artifacts.ts";

Deno.test("MissedArtifacts knows since when each artifact is missed", () => {
  const missed = new MissedArtifacts();
  assert.equal(missed.miss("a", 1_000), 1_000);
  assert.equal(missed.miss("b", 2_000), 2_000);
  assert.equal(missed.miss("a", 40_000), 1_000);
  assert.equal(missed.miss("b", 40_000), 2_000);
});

Deno.test("MissedArtifacts takes what is lost after it was found for another loss", () => {
  const missed = new MissedArtifacts();
  missed.miss("a", 1_000);
  missed.found("a");
  assert.equal(missed.miss("a", 40_000), 40_000);
});

Deno.test("MissedArtifacts forgets after five minutes, so that it does not grow", () => {
  const missed = new MissedArtifacts();
  missed.miss("a", 1_000);
  missed.miss("b", 2_000);
  assert.equal(missed.miss("a", 300_999), 1_000);
  assert.equal(missed.miss("a", 301_000), 301_000);
  assert.equal(missed.miss("b", 301_999), 2_000);
});
