import { CertificateFiles } from "../serve/certificate_files.ts";
import type { ServerCertificate } from "../serve/server_certificate.ts";
import { TokenFile } from "../serve/token_file.ts";
import type { Log } from "../telemetry/log.ts";
import { InputError } from "./command.ts";
import type { ControllerValues } from "./operator_settings.ts";
import type { OperatorResources } from "./operator_resources.ts";
import { systemClock } from "./system_clock.ts";

/** What the artifact server shows, and what its clients have to. */
export interface ArtifactAccess {
  /** Undefined: it speaks without TLS. */
  readonly certificates?: CertificateFiles;
  /** Undefined: everybody may download. */
  readonly tokens?: TokenFile;
}

/** Whom it tells. */
export interface ArtifactAccessOptions {
  readonly log: Log;
  readonly resources: Pick<OperatorResources, "defer">;
  /** Another certificate is in force. */
  readonly onCertificate: (certificate: ServerCertificate) => void;
}

/** Opens the files that protect the artifact server. @throws {InputError} if they cannot be used */
export async function openAccess(
  values: ControllerValues,
  { log, resources, onCertificate }: ArtifactAccessOptions,
): Promise<ArtifactAccess> {
  const onProblem = (problem: string) => log.warn(problem);
  const { artifactServerTokenFile: file, artifactServerCertPath: directory } = values;
  const common = { clock: systemClock, onProblem };
  try {
    const tokens = file && await TokenFile.open({ ...common, file });
    if (tokens) resources.defer(() => tokens.close());
    const certificates = directory && await CertificateFiles.open({
      ...{ ...common, directory, onChange: onCertificate },
      certName: values.artifactServerCertName,
      keyName: values.artifactServerCertKey,
    });
    if (certificates) resources.defer(() => certificates.close());
    return { ...(tokens ? { tokens } : {}), ...(certificates ? { certificates } : {}) };
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
