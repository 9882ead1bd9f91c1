import assert from "node:assert/strict";
import { asShared, SharedTexts } from "./shared_text.ts";

Deno.test("SharedTexts keeps each text once, and what comes again for longer than what does not", () => {
  const texts = new SharedTexts(4);
  const sizes = ["a", "b", "c", "a", "d", "a", "e", "f", "g", "a", "h"].map((text) => {
    assert.equal(texts.share(text), text);
    return texts.size;
  });
  // At "d" there are four, so that a new generation begins; with "g" it is full as well, and b, c and d are gone.
  assert.deepEqual(sizes, [1, 2, 3, 3, 4, 4, 5, 6, 4, 4, 5]);
});

Deno.test("SharedTexts never knows more than twice its limit", () => {
  const texts = new SharedTexts(10);
  for (let index = 0; index < 1_000; index++) {
    texts.share(`${index}`);
    assert.ok(texts.size <= 20, `${texts.size}`);
  }
});

Deno.test("asShared() is the text itself, and nothing for what is none", () => {
  assert.deepEqual(["a", "", 1, null].map(asShared), ["a", "", undefined, undefined]);
});
