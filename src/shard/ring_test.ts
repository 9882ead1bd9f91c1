import assert from "node:assert/strict";
import type { Member } from "./member.ts";
import { highestOf } from "./rendezvous.ts";
import { mustFence, ownerEndedIn, ownerIn, ownsIn, type Ring, ringOf } from "./ring.ts";

const uids = Array.from({ length: 200 }, (_, index) => `uid-${index}`);

const member = (name: string, view: readonly string[]): Member => ({
  ...{ name, identity: `${name}_1`, scope: { namespace: "", labelSelector: "" }, isShared: true },
  ...{ address: undefined, view, acquiredAt: 0 },
});

/** A ring as `a` sees it; the others go by the same view unless `views` says otherwise. */
function ring(
  candidates: readonly string[],
  rest: Partial<Ring> & { readonly views?: Readonly<Record<string, readonly string[]>> } = {},
): Ring {
  const { views = {}, ...more } = rest;
  const live = candidates.filter((name) => name !== "a")
    .map((name) => member(name, views[name] ?? candidates));
  return ringOf({ self: "a", candidates, announced: candidates, live, ended: [], ...more });
}

const ended = (name: string, isHandedOver: boolean, candidates: readonly string[]) => ({
  ...{ member: member(name, candidates), at: 7, isHandedOver, candidates },
});

/** A uid whose owner is `owner` among `among`, and each of `others` by its own view. */
function uidOf(
  owner: string,
  among: readonly string[],
  others: readonly [string, string[]][] = [],
) {
  return uids.find((uid) =>
    highestOf(among, uid) === owner &&
    others.every(([name, view]) => highestOf(view, uid) === name)
  )!;
}

Deno.test("ownsIn() gives each source to exactly one of those who agree", () => {
  const names = ["a", "b", "c"];
  const rings = names.map((self) =>
    ringOf({
      ...ring(names),
      self,
      live: names.filter((name) => name !== self).map((name) => member(name, names)),
    })
  );
  for (const uid of uids) {
    assert.equal(rings.filter((each) => ownsIn(each, uid)).length, 1, uid);
    for (const each of rings) assert.equal(ownerIn(each, uid), highestOf(names, uid));
  }
});

Deno.test("ownsIn() gives up what a new member gets before that is announced", () => {
  const joining = ring(["a", "b"], { announced: ["a"] });
  const lost = uidOf("b", ["a", "b"]);
  const kept = uidOf("a", ["a", "b"]);
  assert.equal(ownsIn(joining, lost), false);
  assert.equal(ownsIn(joining, kept), true);
});

Deno.test("ownsIn() takes on what was gained only once that is announced", () => {
  const uid = uidOf("b", ["a", "b"]);
  assert.equal(ownsIn(ring(["a"], { announced: ["a", "b"] }), uid), false);
  assert.equal(ownsIn(ring(["a"]), uid), true);
});

Deno.test("ownsIn() waits for the owner that does not know of us yet", () => {
  const uid = uidOf("a", ["a", "b"]);
  const unaware = ring(["a", "b"], { views: { b: ["b"] } });
  assert.equal(ownsIn(unaware, uid), false);
  assert.equal(ownerIn(unaware, uid), "a");
  assert.equal(ownsIn(ring(["a", "b"]), uid), true);
});

Deno.test("ownsIn() does not wait for a member whose older view gives it nothing of that", () => {
  const uid = uidOf("a", ["a", "b"], [["c", ["a", "b", "c"]]]);
  const slow = ring(["a", "b"], { views: { b: ["a", "b", "c"] } });
  assert.equal(ownsIn(slow, uid), true);
});

Deno.test("ownerIn() has nobody while a member that ended is waited for", () => {
  const waiting = ring(["a", "b"], { live: [] });
  assert.equal(ownerIn(waiting, uidOf("b", ["a", "b"])), undefined);
  assert.equal(ownerIn(waiting, uidOf("a", ["a", "b"])), "a");
});

Deno.test("ownerEndedIn() knows when the last owner of a source ended", () => {
  const all = ["a", "b", "c"];
  const after = ring(["a"], {
    ended: [{ ...ended("c", false, all), at: 5 }, { ...ended("b", true, ["a", "b"]), at: 9 }],
  });
  assert.equal(ownerEndedIn(after, uidOf("a", all)), undefined);
  assert.equal(ownerEndedIn(after, uidOf("b", all)), 9);
  assert.equal(ownerEndedIn(after, uidOf("c", all, [["a", ["a", "b"]]])), 5);
  assert.equal(ownerEndedIn(after, uidOf("c", all, [["b", ["a", "b"]]])), 9);
});

const both = ["a", "b"];
const unaware = ring(both, { views: { b: ["b"] } });
const nothing = ring([], {});

for (
  const [name, { before, after, owner, was = "b", expected }] of Object.entries(
    {
      "after a lease that ran out, whoever wrote last": {
        before: ring(both),
        after: ring(["a"], { ended: [ended("b", false, both)] }),
        owner: undefined,
        expected: true,
      },
      "after a lease that ran out, even if we wrote last: it may have begun a first write": {
        before: ring(both),
        after: ring(["a"], { ended: [ended("b", false, both)] }),
        owner: "a",
        expected: true,
      },
      "not after a lease was given back": {
        before: ring(both),
        after: ring(["a"], { ended: [ended("b", true, both)] }),
        owner: "b",
        expected: false,
      },
      "if the one that gave its lease back had not fenced an older owner yet": {
        before: ring(both),
        after: ring(["a"], { ended: [ended("b", true, both)] }),
        owner: "c",
        expected: true,
      },
      "not if the older owner is alive: it has given the source up": {
        before: ring(both),
        after: ring(["a", "c"], { ended: [ended("b", true, both)] }),
        owner: "c",
        expected: false,
      },
      "not if the owner gave a source up to us": {
        before: unaware,
        after: ring(both),
        owner: "b",
        was: "a",
        expected: false,
      },
      "if the owner ended before it gave a source up to us": {
        before: unaware,
        after: ring(["a"], { ended: [ended("b", false, ["b"])] }),
        owner: "b",
        was: "a",
        expected: true,
      },
      "at a start, if another wrote last": {
        before: nothing,
        after: ring(["a"]),
        owner: "b",
        expected: true,
      },
      "not at a start, if the one that wrote last is alive": {
        before: nothing,
        after: ring(both),
        owner: "b",
        was: "a",
        expected: false,
      },
      "not at a start, if we wrote last": {
        before: nothing,
        after: ring(["a"]),
        owner: "a",
        expected: false,
      },
      "not at a start, if nobody wrote yet": {
        before: nothing,
        after: ring(["a"]),
        owner: undefined,
        expected: false,
      },
      "not if it was ours before": {
        before: ring(["a"]),
        after: ring(["a"]),
        owner: "b",
        expected: false,
      },
    } satisfies Record<string, {
      before: Ring;
      after: Ring;
      owner: string | undefined;
      was?: string;
      expected: boolean;
    }>,
  )
) {
  Deno.test(`mustFence() fences ${name}`, () => {
    const uid = uidOf(was, both);
    assert.equal(mustFence({ before, after }, { uid, owner }), expected);
  });
}
