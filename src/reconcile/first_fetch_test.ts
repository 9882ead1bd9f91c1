import assert from "node:assert/strict";
import { requestedAtAnnotation } from "../core/api_names.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { minute, ReconcileWorld, specWith } from "../../tests/reconcile_world.ts";
import { artifactOf, conditionOf, sourceOf } from "../../tests/source_fixtures.ts";
import { isFetchedFirst, rememberedHold } from "./first_fetch.ts";

await using world = await ReconcileWorld.create();
const context = world.context();
const at = (ms: number) => new Date(context.clock.now() + ms).toISOString();

const settled = { observedGeneration: 1, artifact: artifactOf("a") };
const retried = {
  ...settled,
  conditions: [conditionOf("Reconciling=True/ProgressingWithRetry")],
};
const requested = { annotations: { [requestedAtAnnotation]: "now" } };
const firsts: readonly (readonly [string, Partial<ExternalSource>, boolean])[] = [
  ["a new source", {}, true],
  ["a published one", { status: settled }, false],
  ["one that is retried", { status: retried }, true],
  ["one that waits for its retry", { status: { ...retried, nextAttemptTime: at(minute) } }, false],
  ["one of a changed spec", { status: { ...settled, observedGeneration: 0 } }, true],
  ["one that somebody waits for", { metadata: { ...sourceOf().metadata, ...requested } }, false],
  [
    "one that is being deleted",
    { metadata: { ...sourceOf().metadata, deletionTimestamp: at(0) } },
    false,
  ],
];
for (const [name, parts, wanted] of firsts) {
  Deno.test(`isFetchedFirst() ${name}: ${wanted}`, () => {
    assert.equal(isFetchedFirst({ source: sourceOf(parts), artifact: undefined }, context), wanted);
  });
}

const held = { ...settled, nextAttemptTime: at(minute), nextAttemptHeld: true };
const hooks = { preRequest: [{ name: "sign", command: "sign" }] };
const wanted = { namespace: "team", host: "upstream.test", holdMs: minute };
const holds: readonly (readonly [string, Partial<ExternalSource>, typeof wanted | undefined])[] = [
  ["a hold", { status: held }, wanted],
  ["one that is over", { status: { ...held, nextAttemptTime: at(-1) } }, undefined],
  ["a backoff", { status: { ...held, nextAttemptHeld: false } }, undefined],
  ["a hold of another spec", { status: { ...held, observedGeneration: 0 } }, undefined],
  ["a host that hooks choose", { status: held, spec: specWith({ hooks }) }, undefined],
  ["a spec that cannot be used any more", { status: held, spec: {} }, undefined],
  ["no hold", { status: settled }, undefined],
];
for (const [name, parts, expected] of holds) {
  Deno.test(`rememberedHold() ${name}: ${expected ? "for its host" : "nothing"}`, () => {
    assert.deepEqual(rememberedHold(sourceOf(parts), context), expected);
  });
}
