import assert from "node:assert/strict";
import { highestOf } from "./rendezvous.ts";
import { seededRandom } from "../../tests/seeded_random.ts";

const hex = "0123456789abcdef";

function uuid(random: () => number): string {
  return "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx"
    .replaceAll("x", () => hex[Math.floor(random() * 16)]!);
}

function countsOf(members: readonly string[], uids: readonly string[]): number[] {
  const owners = Map.groupBy(uids, (uid) => highestOf(members, uid));
  return members.map((member) => owners.get(member)?.length ?? 0);
}

const ordinals = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

const random = seededRandom(7);
const randomUids = Array.from({ length: 3_000 }, () => uuid(random));
const alikeUids = Array.from(
  { length: 3_000 },
  (_, index) => `00000000-0000-4000-a000-${`${index}`.padStart(12, "0")}`,
);

for (
  const [names, members] of Object.entries({
    "pods of a StatefulSet": ordinals("externalsource-controller-manager", 3),
    "pods of a Deployment": ["c-7d9f8c-x2v4b", "c-7d9f8c-zz5qk", "c-7d9f8c-aaaaa"],
    "short names": ["a", "b", "c"],
    "nodes": ["node1.example.com", "node2.example.com", "node3.example.com"],
  })
) {
  for (const [kind, uids] of Object.entries({ random: randomUids, alike: alikeUids })) {
    Deno.test(`highestOf() spreads 3,000 ${kind} uids over three ${names} within 15 %`, () => {
      const counts = countsOf(members, uids);
      assert.ok(counts.every((count) => count >= 850 && count <= 1_150), `${counts}`);
    });
  }
}

Deno.test("highestOf() spreads what a member leaves evenly over all that stay, and moves nothing else", () => {
  const members = ordinals("m", 5);
  const [gone, stay] = [members[2]!, members.filter((each) => each !== "m-2")];
  const moved = randomUids.filter((uid) => highestOf(members, uid) === gone);
  const kept = randomUids.filter((uid) => highestOf(members, uid) !== gone);
  assert.ok(kept.every((uid) => highestOf(stay, uid) === highestOf(members, uid)));
  const counts = countsOf(stay, moved);
  const even = moved.length / 4;
  assert.ok(counts.every((count) => count > even * 0.7 && count < even * 1.3), `${counts}`);
});

Deno.test("highestOf() does not depend on the order of the members", () => {
  const members = ordinals("m", 4);
  const turned = members.toReversed();
  assert.ok(alikeUids.every((uid) => highestOf(members, uid) === highestOf(turned, uid)));
});

Deno.test("highestOf() has nobody among no members, and the one there is", () => {
  assert.equal(highestOf([], "u"), undefined);
  assert.equal(highestOf(["a"], "u"), "a");
});

Deno.test("highestOf() answers as every version has: replicas of two versions run side by side", () => {
  const uids = ["a", "1", "0b3e", "5f0c2d0e-6a4b-4f0e-9d8b-0a1b2c3d4e5f", ""];
  assert.deepEqual(uids.map((uid) => highestOf(ordinals("m", 4), uid)), [
    ...["m-0", "m-2", "m-3", "m-3", "m-3"],
  ]);
});
