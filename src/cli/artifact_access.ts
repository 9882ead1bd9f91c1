import type { CertificateFiles } from "../serve/certificate_files.ts";
import { TokenFile } from "../serve/token_file.ts";
import { InputError } from "./command.ts";
import { openCertificates, type OpenCertificatesOptions } from "./open_certificates.ts";
import type { ControllerValues } from "./operator_settings.ts";
import { systemClock } from "./system_clock.ts";

/** What the artifact server shows, and what its clients have to. */
export interface ArtifactAccess {
  /** Undefined: it speaks without TLS. */
  readonly certificates?: CertificateFiles;
  /** Undefined: everybody may download. */
  readonly tokens?: TokenFile;
}

/** Opens the files that protect the artifact server. @throws {InputError} if they cannot be used */
export async function openAccess(
  values: ControllerValues,
  options: OpenCertificatesOptions,
): Promise<ArtifactAccess> {
  const { artifactServerTokenFile: file, artifactServerCertPath: directory } = values;
  const tokens = file && await openTokens(file, options);
  const certificates = directory && await openCertificates({
    directory,
    certName: values.artifactServerCertName,
    keyName: values.artifactServerCertKey,
  }, options);
  return { ...(tokens ? { tokens } : {}), ...(certificates ? { certificates } : {}) };
}

async function openTokens(
  file: string,
  { log, resources }: OpenCertificatesOptions,
): Promise<TokenFile> {
  try {
    const onProblem = (problem: string) => log.warn(problem);
    const tokens = await TokenFile.open({ file, clock: systemClock, onProblem });
    resources.defer(() => tokens.close());
    return tokens;
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
