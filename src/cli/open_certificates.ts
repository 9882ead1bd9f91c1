import { CertificateFiles } from "../serve/certificate_files.ts";
import type { ServerCertificate } from "../serve/server_certificate.ts";
import type { Log } from "../telemetry/log.ts";
import { InputError } from "./command.ts";
import { systemClock } from "./system_clock.ts";

/** Whom certificates in files tell. */
export interface OpenCertificatesOptions {
  readonly log: Log;
  /** Ends with the process. */
  readonly resources: { defer(end: () => void | Promise<void>): void };
  /** Another certificate is in force. */
  readonly onCertificate: (certificate: ServerCertificate) => void;
}

/** A directory with a certificate and its key, by their names. */
export interface CertificateLocation {
  readonly directory: string;
  readonly certName: string;
  readonly keyName: string;
}

/** Opens the certificate of a server and follows its changes. @throws {InputError} if it cannot be used */
export async function openCertificates(
  location: CertificateLocation,
  { log, resources, onCertificate }: OpenCertificatesOptions,
): Promise<CertificateFiles> {
  try {
    const certificates = await CertificateFiles.open({
      ...{ ...location, clock: systemClock, onChange: onCertificate },
      onProblem: (problem) => log.warn(problem),
    });
    resources.defer(() => certificates.close());
    return certificates;
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
