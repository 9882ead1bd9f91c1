import type { AccessReviews } from "../objects/access_reviews.ts";
import { connectAccessReviews } from "../objects/kube/connect_access_reviews.ts";
import type { CertificateFiles } from "../serve/certificate_files.ts";
import { ReviewedTokens, type TokenVerdict } from "../serve/reviewed_tokens.ts";
import { selfSignedCertificate } from "../serve/self_signed_certificate.ts";
import type { Log } from "../telemetry/log.ts";
import type { ControllerStart } from "./controller_start.ts";
import { openCertificates, type OpenCertificatesOptions } from "./open_certificates.ts";
import { steadyClock } from "./steady_clock.ts";
import { systemClock } from "./system_clock.ts";
import { version } from "./version.ts";

/** What the metrics server shows, and who finds out what its clients may. */
export interface MetricsAccess {
  readonly certificates: Pick<CertificateFiles, "current">;
  readonly tokens: Pick<ReviewedTokens, "ask">;
}

/** One call; Prometheus waits 10 s for two of them. */
const reviewMs = 4_000;
const tellAgainMs = 60_000;

/**
 * Opens what `--metrics-secure` needs; undefined if metrics are off or open to all. Nothing is asked of the cluster before
 * the first scrape.
 *
 * @throws {InputError} if the certificate cannot be used
 */
export async function openMetricsAccess(
  { values, credentials, telemetry: { log, metrics } }: Pick<
    ControllerStart,
    "values" | "credentials" | "telemetry"
  >,
  options: Omit<OpenCertificatesOptions, "log">,
): Promise<MetricsAccess | undefined> {
  const isOff = !values.metricsEnabled || values.metricsBindAddress === "0";
  if (isOff || !values.metricsSecure) return undefined;
  const own = log.named("metrics");
  const reviews = connectAccessReviews({
    ...{ credentials, clock: systemClock, requestMs: reviewMs },
    userAgent: `externalsource-controller/${version}`,
    onCall: (call) => metrics.apiRequested(call),
    onProblem: (message) => own.warn(message),
  });
  options.resources.defer(() => reviews.close());
  return {
    certificates: await certificatesOf(values, { ...options, log: own }),
    tokens: new ReviewedTokens({
      // By a clock that can be set back, a token that was taken back would be good for longer.
      clock: steadyClock,
      review: (token) => judge(token, reviews),
      onFailure: tellNowAndThen(own),
    }),
  };
}

async function certificatesOf(
  values: ControllerStart["values"],
  options: OpenCertificatesOptions,
): Promise<MetricsAccess["certificates"]> {
  const { metricsCertPath, metricsCertName, metricsCertKey } = values;
  if (metricsCertPath === "") {
    const hosts = ["localhost", "127.0.0.1", "::1"];
    return { current: selfSignedCertificate(hosts, systemClock.now()) };
  }
  const files = { directory: metricsCertPath, certName: metricsCertName, keyName: metricsCertKey };
  return await openCertificates(files, options);
}

async function judge(token: string, reviews: AccessReviews): Promise<TokenVerdict> {
  const bearer = await reviews.bearerOf(token);
  if (!bearer) return "unknown";
  const mayRead = await reviews.mayAccess(bearer, { path: "/metrics", verb: "get" });
  return mayRead ? "allowed" : "forbidden";
}

/** Every scrape fails while the API server is away: one line a minute is enough. */
function tellNowAndThen(log: Log): (error: unknown) => void {
  let toldAt = -Infinity;
  return (error) => {
    if (steadyClock.now() - toldAt < tellAgainMs) return;
    toldAt = steadyClock.now();
    log.error("cannot ask the cluster who may read metrics, so nobody may", { error });
  };
}
