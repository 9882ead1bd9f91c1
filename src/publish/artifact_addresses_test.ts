import assert from "node:assert/strict";
import { settle } from "../../tests/settle.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { ArtifactAddresses } from "./artifact_addresses.ts";

const published = artifactOf("a");
const oldBase = published.url.slice(0, -published.path.length);
const key = artifactOf("b").path;

class World {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  readonly moves: string[] = [];
  readonly stays: (readonly [string, string])[] = [];
  answering = new Set<string>();
  wanted: string | undefined = "http://new:8080/";
  readonly addresses = new ArtifactAddresses({
    wanted: (key) => this.wanted === undefined ? undefined : this.wanted + key,
    meanwhile: (key) => `http://gateway/${key}`,
    answers: (url) => {
      this.asked.push(url);
      return Promise.resolve([...this.answering].some((base) => url.startsWith(base)));
    },
    clock: this.clock,
    onMove: (base) => this.moves.push(base),
    onStay: (...bases) => this.stays.push(bases),
  });
}

Deno.test("ArtifactAddresses.urlOf() publishes for the first time where it is wanted", async () => {
  const world = new World();
  assert.equal(world.addresses.urlOf(key, undefined), `http://new:8080/${key}`);
  await settle();
  assert.deepEqual(world.asked, []);
});

Deno.test("ArtifactAddresses.urlOf() stays where it is while that is wanted, and asks nobody", async () => {
  const world = new World();
  world.wanted = oldBase;
  assert.equal(world.addresses.urlOf(published.path, published), published.url);
  assert.equal(world.addresses.urlOf(key, published), oldBase + key);
  await settle();
  assert.deepEqual(world.asked, []);
});

Deno.test("ArtifactAddresses.urlOf() moves once the new base answers with what is published", async () => {
  const world = new World();
  assert.equal(world.addresses.urlOf(key, published), oldBase + key);
  await settle();
  await world.clock.advance(20_000);
  assert.deepEqual(new Set(world.asked), new Set([`http://new:8080/${published.path}`]));
  assert.deepEqual(world.moves, []);
  world.answering.add("http://new:8080/");
  await world.clock.advance(5_000);
  assert.deepEqual(world.moves, ["http://new:8080/"]);
  assert.equal(world.addresses.urlOf(key, published), `http://new:8080/${key}`);
  assert.equal(world.clock.pending, 0);
});

Deno.test("ArtifactAddresses.urlOf() keeps an old base that answers for as long as the new one does not, and says so", async () => {
  const world = new World();
  world.answering.add(oldBase);
  world.addresses.urlOf(key, published);
  await world.clock.advance(15_000);
  assert.deepEqual(world.stays, []);
  await world.clock.advance(600_000);
  assert.deepEqual(world.moves, []);
  assert.equal(world.addresses.urlOf(key, published), oldBase + key);
  assert.deepEqual(world.stays, [["http://new:8080/", oldBase]], "it is told once");
});

Deno.test("ArtifactAddresses.urlOf() leaves an old base that is as dead as the new one, after a minute", async () => {
  const world = new World();
  world.addresses.urlOf(key, published);
  await world.clock.advance(55_000);
  assert.deepEqual(world.moves, []);
  await world.clock.advance(10_000);
  assert.deepEqual(world.moves, ["http://new:8080/"]);
});

Deno.test("ArtifactAddresses.urlOf() changes nothing while it is not known what is wanted", async () => {
  const world = new World();
  world.wanted = undefined;
  assert.equal(world.addresses.urlOf(key, published), oldBase + key);
  assert.equal(world.addresses.urlOf(key, undefined), `http://gateway/${key}`);
  await settle();
  assert.deepEqual(world.asked, []);
});

Deno.test("ArtifactAddresses.urlOf() takes a published URL that does not end in its key for none", () => {
  const world = new World();
  const other = { ...published, url: "http://old/elsewhere.tar.gz" };
  assert.equal(world.addresses.urlOf(key, other), `http://new:8080/${key}`);
});

Deno.test("ArtifactAddresses asks nothing once it is closed", async () => {
  const world = new World();
  world.addresses.urlOf(key, published);
  await settle();
  world.addresses.close();
  assert.equal(world.clock.pending, 0);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asked.length, 1);
});
