import assert from "node:assert/strict";
import { checkMarkName } from "./mark_name.ts";
import { judgeOwnerMark, ownerMark, ownerMarkName, type StoreOwnership } from "./owner_mark.ts";

const uid = "7f9a3c1e-0000-4000-8000-000000000001";

const cases: readonly [mark: string | undefined, ownership: StoreOwnership][] = [
  [undefined, "absent"],
  [ownerMark(uid), "ours"],
  [JSON.stringify({ later: [1], cluster: uid }), "ours"],
  [ownerMark(`${uid}1`), "foreign"],
  [ownerMark(uid).toUpperCase(), "unreadable"],
  [ownerMark(""), "unreadable"],
  [ownerMark(uid).slice(0, -3), "unreadable"],
  ...["", "null", "{}", "7", `"${uid}"`, `["${uid}"]`, `{"cluster":7}`, `{"cluster":["${uid}"]}`]
    .map((mark): [string, StoreOwnership] => [mark, "unreadable"]),
];
for (const [mark, ownership] of cases) {
  Deno.test(`judgeOwnerMark() of ${JSON.stringify(mark)} is ${ownership}`, () => {
    assert.equal(judgeOwnerMark(mark, uid), ownership);
  });
}

Deno.test("ownerMarkName() differs where the selector does, and is the name of a mark", () => {
  const selectors = [["", ""], ["a", ""], ["", "a"], ["a", "b"], ["a,b", ""], ["", "a,b"]];
  const names = selectors.map(([namespace, labels]) =>
    checkMarkName(ownerMarkName({ namespace: namespace!, labels: labels! }))
  );
  assert.equal(new Set(names).size, selectors.length);
  assert.equal(names[0], ownerMarkName({ namespace: "", labels: "" }));
});
