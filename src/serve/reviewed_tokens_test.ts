import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { ReviewedTokens, type TokenVerdict } from "./reviewed_tokens.ts";

/** A cluster that knows some tokens. */
class Cluster {
  readonly clock = new ManualClock();
  readonly verdicts = new Map<string, TokenVerdict>([["good", "allowed"], ["poor", "forbidden"]]);
  readonly asked: string[] = [];
  readonly failures: unknown[] = [];
  isDown = false;
  readonly tokens = new ReviewedTokens({
    clock: this.clock,
    review: async (token) => {
      this.asked.push(token);
      await settle();
      if (this.isDown) throw new Error("down");
      return this.verdicts.get(token) ?? "unknown";
    },
    onFailure: (error) => this.failures.push(error),
  });

  /** How often it is asked while so many show a token at once. */
  async reviewsFor(token: string, times = 1): Promise<number> {
    const before = this.asked.length;
    await Promise.all(Array.from({ length: times }, () => this.tokens.ask(token)));
    return this.asked.length - before;
  }
}

Deno.test("ReviewedTokens asks once for all who show a token, and keeps a yes for a minute", async () => {
  const cluster = new Cluster();
  assert.equal(await cluster.reviewsFor("good", 50), 1);
  assert.equal(await cluster.tokens.ask("good"), "allowed");
  await cluster.clock.advance(59_999);
  assert.equal(await cluster.reviewsFor("good"), 0);
  cluster.verdicts.delete("good");
  await cluster.clock.advance(1);
  assert.equal(await cluster.tokens.ask("good"), "unknown", "a token that was taken back");
  assert.equal(cluster.asked.length, 2);
});

Deno.test("ReviewedTokens keeps a no for ten seconds", async () => {
  const cluster = new Cluster();
  assert.equal(await cluster.tokens.ask("poor"), "forbidden");
  assert.equal(await cluster.tokens.ask("new"), "unknown");
  cluster.verdicts.set("poor", "allowed");
  await cluster.clock.advance(9_999);
  assert.equal(await cluster.tokens.ask("poor"), "forbidden");
  await cluster.clock.advance(1);
  assert.equal(await cluster.tokens.ask("poor"), "allowed");
});

Deno.test("ReviewedTokens takes no failure for an answer, and asks again the next time", async () => {
  const cluster = new Cluster();
  await cluster.tokens.ask("good");
  await cluster.clock.advance(60_000);
  cluster.isDown = true;
  assert.equal(await cluster.tokens.ask("good"), "unanswered");
  assert.equal(await cluster.tokens.ask("other"), "unanswered");
  assert.equal(cluster.failures.length, 2);
  cluster.isDown = false;
  assert.equal(await cluster.tokens.ask("good"), "allowed");
});

Deno.test("ReviewedTokens lets a flood of made-up tokens neither ask for long nor stop a good one", async () => {
  const cluster = new Cluster();
  await cluster.tokens.ask("good");
  await cluster.clock.advance(60_000);
  const answers = await Promise.all(
    Array.from({ length: 5_000 }, (_, index) => cluster.tokens.ask(`made-up-${index}`)),
  );
  assert.equal(answers.filter((answer) => answer === "too-many").length, 4_980);
  assert.equal(cluster.asked.length, 21);
  assert.equal(await cluster.tokens.ask("good"), "allowed", "reviewed again though it had run out");
  assert.equal(await cluster.tokens.ask("poor"), "too-many");
  await cluster.clock.advance(1_000);
  assert.equal(await cluster.tokens.ask("poor"), "forbidden");
});

Deno.test("ReviewedTokens forgets the oldest of many refused tokens, and of many good ones", async () => {
  const cluster = new Cluster();
  for (let index = 0; index < 65; index++) {
    cluster.verdicts.set(`good-${index}`, "allowed");
    await cluster.clock.advance(100);
    assert.equal(await cluster.reviewsFor(`good-${index}`), 1);
  }
  assert.equal(await cluster.reviewsFor("good-1"), 0);
  await cluster.clock.advance(100);
  assert.equal(await cluster.reviewsFor("good-0"), 1);
});
