import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { CallBudget } from "./call_budget.ts";

/** What the cluster says of a token: it may read here, it is nobody's, or its bearer has not that right. */
export type TokenVerdict = "allowed" | "unknown" | "forbidden";

/** Also: the cluster does not answer, or too many tokens that nobody knows were shown of late. */
export type ReviewAnswer = TokenVerdict | "unanswered" | "too-many";

/** Who judges tokens. */
export interface ReviewedTokensOptions {
  readonly clock: Pick<Clock, "now">;
  review(token: string): Promise<TokenVerdict>;
  /** A review failed; the error must not hold the token. */
  readonly onFailure: (error: unknown) => void;
}

/** As controller-runtime keeps who a token belongs to. */
const allowedMs = 60_000;
/** Whoever is given the right gets through soon. */
const refusedMs = 10_000;
const maxAllowed = 64;
const maxRefused = 1_000;
const perSecond = 10;
const burst = 20;

interface Known {
  readonly verdict: TokenVerdict;
  readonly until: number;
}

/**
 * Asks the cluster about tokens, each once a minute at most, whoever shows it how often. A flood of made-up tokens costs the
 * API server ten reviews a second, and neither delays nor pushes out those that were good before. Tokens are kept as hashes.
 */
export class ReviewedTokens {
  readonly #options: ReviewedTokensOptions;
  readonly #budget: CallBudget;
  readonly #running = new Map<string, Promise<ReviewAnswer>>();
  /** By hash, oldest first; what has run out stays, so that it is reviewed before what was never good. */
  readonly #allowed = new Map<string, Known>();
  readonly #refused = new Map<string, Known>();

  constructor(options: ReviewedTokensOptions) {
    this.#options = options;
    this.#budget = new CallBudget({ clock: options.clock, perSecond, burst });
  }

  /** What is known of a token for so short a time that it holds, else what the cluster says now. */
  async ask(token: string): Promise<ReviewAnswer> {
    const id = createHash("sha256").update(token).digest("base64");
    const known = this.#allowed.get(id) ?? this.#refused.get(id);
    if (known && this.#options.clock.now() < known.until) return known.verdict;
    return await (this.#running.get(id) ?? this.#begin(id, token));
  }

  #begin(id: string, token: string): Promise<ReviewAnswer> | ReviewAnswer {
    if (!this.#allowed.has(id) && !this.#budget.take()) return "too-many";
    const running = this.#review(id, token).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  async #review(id: string, token: string): Promise<ReviewAnswer> {
    try {
      const verdict = await this.#options.review(token);
      this.#keep(id, verdict);
      return verdict;
    } catch (error) {
      this.#options.onFailure(error);
      return "unanswered";
    }
  }

  #keep(id: string, verdict: TokenVerdict): void {
    this.#allowed.delete(id);
    this.#refused.delete(id);
    const isAllowed = verdict === "allowed";
    const kept = isAllowed ? this.#allowed : this.#refused;
    const until = this.#options.clock.now() + (isAllowed ? allowedMs : refusedMs);
    kept.set(id, { verdict, until });
    const max = isAllowed ? maxAllowed : maxRefused;
    if (kept.size > max) kept.delete(kept.keys().next().value!);
  }
}
