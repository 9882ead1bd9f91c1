import { Agent, request } from "undici";
import { S3TransportError, transportError } from "./s3_transport.ts";

/** What came of asking for the probe object as consumers would, without credentials. */
export interface ProbeAnswer {
  readonly status: number;
  /** Whether it was the probe's text: a page that asks for a password is no artifact. */
  readonly isProbe: boolean;
}

/** For so long the probe may take: to be connected, to be answered, and between two pieces; milliseconds. */
const probeMs = 5_000;
/** Bytes; more is not the probe. */
const maxProbeBytes = 4_096;

/**
 * Whether anybody can read the bucket (`S3_URL_MODE=auto`): yes and no only if that is clear, so that an outage or a
 * wrong address changes nothing that is published.
 */
export function judgeAnonymousRead(answer: ProbeAnswer | undefined): boolean | undefined {
  if (answer?.status === 200 && answer.isProbe) return true;
  if (answer?.status === 401 || answer?.status === 403) return false;
  return undefined;
}

/**
 * Reads the probe object without credentials, trusting the well-known authorities only, as its consumers do.
 *
 * @returns undefined if no answer came
 */
export async function readAnonymously(
  url: string,
  probe: string,
): Promise<ProbeAnswer | undefined> {
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: probeMs },
    headersTimeout: probeMs,
    bodyTimeout: probeMs,
    maxResponseSize: maxProbeBytes,
  });
  try {
    const { statusCode: status, body } = await request(url, { dispatcher });
    // What a refusal says does not matter, nor whether it ends.
    if (status !== 200) return { status, isProbe: false };
    return { status, isProbe: await body.text() === probe };
  } catch (error) {
    if (transportError(error) instanceof S3TransportError) return undefined;
    throw error;
  } finally {
    await dispatcher.destroy();
  }
}
