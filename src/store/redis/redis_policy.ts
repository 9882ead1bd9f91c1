import type { RedisClient } from "./redis_client.ts";
import { isAnswer } from "./redis_fault.ts";

/** What a server does when its memory is full, in the words of its setting `maxmemory-policy`; undefined: it does not say. */
export async function readEvictionPolicy(client: RedisClient): Promise<string | undefined> {
  // INFO before CONFIG, which managed services refuse.
  for (const question of [["info", "memory"], ["config", "get", "maxmemory-policy"]]) {
    const [command, ...rest] = question as [string, ...string[]];
    const policy = await client.call(command, ...rest).then(policyOf, refusalAsUndefined);
    if (policy !== undefined) return policy;
  }
  return undefined;
}

/** The policy in an answer to INFO, a text, or to CONFIG GET, a list. */
export function policyOf(answer: unknown): string | undefined {
  if (typeof answer === "string") {
    return /^maxmemory_policy:(\S+)/m.exec(answer)?.[1];
  }
  if (!Array.isArray(answer)) return undefined;
  const [, policy] = answer as unknown[];
  return typeof policy === "string" && policy !== "" ? policy : undefined;
}

/**
 * Why artifacts cannot be kept under these policies, to follow a colon; undefined if they can. `volatile-*` never removes
 * a key without a time to live, which published artifacts do not have.
 */
export function refuseEviction(policies: readonly (string | undefined)[]): string | undefined {
  const evicting = policies.find((policy) => policy !== "noeviction" && !isVolatile(policy));
  if (evicting !== undefined) {
    return `it may evict artifacts (maxmemory-policy ${evicting}); set it to noeviction`;
  }
  return policies.includes(undefined)
    ? "it does not tell its maxmemory-policy; allow INFO to its user"
    : undefined;
}

function isVolatile(policy: string | undefined): boolean {
  return policy === undefined || policy.startsWith("volatile-");
}

function refusalAsUndefined(error: unknown): undefined {
  if (!isAnswer(error) || !/^(NOPERM|ERR)\b/.test(error.message)) throw error;
  return undefined;
}
