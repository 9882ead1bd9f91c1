import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from "@smithy/types";

/** Before the second, third and fourth try; milliseconds. */
const delaysMs = [100, 400, 1_600];
const throttledDelaysMs = [500, 1_000, 2_000];

/**
 * Four tries of each request that another try may mend. The SDK's own strategy also counts the failures of all requests
 * together and after a long outage tries nothing twice any more, not even a request that met a connection which ended with
 * the outage; here every reconcile waits longer after each failure anyway.
 */
export const s3Retries: RetryStrategyV2 = {
  acquireInitialRetryToken: () => Promise.resolve(tokenOf(0, 0)),
  refreshRetryTokenForRetry(token: RetryToken, { errorType, error }: RetryErrorInfo) {
    const count = token.getRetryCount();
    const delays = errorType === "THROTTLING" ? throttledDelaysMs : delaysMs;
    // 501: what a service does not know it will not know in a second either.
    const isLasting = errorType === "CLIENT_ERROR" || error?.$metadata?.httpStatusCode === 501;
    const delayMs = isLasting ? undefined : delays[count];
    if (delayMs === undefined) return Promise.reject(error ?? new Error("No more tries"));
    return Promise.resolve(tokenOf(count + 1, delayMs));
  },
  recordSuccess() {},
};

function tokenOf(count: number, delayMs: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => delayMs };
}
