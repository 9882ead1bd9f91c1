import { strict as assert } from "node:assert";
import { settle } from "../../tests/settle.ts";
import { ByteBudget } from "./byte_budget.ts";

Deno.test("ByteBudget lets wait what does not fit, first come first served", async () => {
  const budget = new ByteBudget(10);
  const got: string[] = [];
  const take = (name: string, bytes: number) =>
    budget.take(bytes).then((held) => {
      got.push(name);
      return held;
    });
  const a = await take("a", 6);
  const waiting = [take("b", 6), take("c", 1)];
  await settle();
  assert.deepEqual(got, ["a"], "c is small, but b was first");
  a[Symbol.dispose]();
  a[Symbol.dispose]();
  const [b, c] = await Promise.all(waiting);
  assert.deepEqual(got, ["a", "b", "c"]);
  b![Symbol.dispose]();
  c![Symbol.dispose]();
  const all = await take("more than there is", 50);
  const next = take("next", 1);
  await settle();
  assert.deepEqual(got.slice(3), ["more than there is"]);
  all[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});
