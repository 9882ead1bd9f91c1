import { X509Certificate } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { PeerTrust } from "./peer_connection.ts";
import { checkCertificate, type ServerCertificate } from "./server_certificate.ts";
import { WatchedFiles } from "./watched_files.ts";

/** Where a certificate is, as a Kubernetes Secret of type `kubernetes.io/tls` is mounted. */
export interface CertificateFilesOptions {
  readonly directory: string;
  readonly certName: string;
  readonly keyName: string;
  readonly clock: Clock;
  /** Another certificate is in force. */
  readonly onChange: (certificate: ServerCertificate) => void;
  readonly onProblem: (problem: string) => void;
}

/** Beside the certificate, where cert-manager writes the authority that has issued it. */
const authorityName = "ca.crt";

/** The certificate of a server, which is replaced before it ends. */
export class CertificateFiles {
  #certificate: ServerCertificate | undefined;
  #authority: string | undefined;
  #files: WatchedFiles | undefined;

  private constructor() {}

  /** @throws {Error} if the files cannot be read, or do not belong together, with a message for the operator */
  static async open(options: CertificateFilesOptions): Promise<CertificateFiles> {
    const { directory, certName, keyName, clock, onChange, onProblem } = options;
    const certificates = new CertificateFiles();
    const authority = `${directory}/${authorityName}`;
    const hasAuthority = await Deno.stat(authority).then(({ isFile }) => isFile, () => false);
    const files = [`${directory}/${certName}`, `${directory}/${keyName}`];
    certificates.#files = await WatchedFiles.open({
      files: [...files, ...(hasAuthority ? [authority] : [])],
      clock,
      take: ([cert = "", key = "", ca]) => {
        const isFirst = certificates.#certificate === undefined;
        certificates.#take({ cert, key }, { ca, directory });
        if (!isFirst) onChange({ cert, key });
      },
      onProblem: (problem) => onProblem(`${problem}; the certificate before stays in use`),
    });
    return certificates;
  }

  get current(): ServerCertificate {
    return this.#certificate!;
  }

  /**
   * How the certificates of other replicas are checked: they come from the same Secret, so they carry the first name of
   * this one (of a wildcard, one that it covers), and were issued by `ca.crt` beside it. Without that file: by an authority
   * that the runtime knows, or they are this one, self-signed and not marked as an authority, which the runtime would refuse
   * as a server's.
   */
  get trust(): PeerTrust {
    const { cert } = this.current;
    const names = new X509Certificate(cert).subjectAltName ?? "";
    const first = /(?:DNS|IP Address):([^,\s]+)/.exec(names)?.[1] ?? "localhost";
    // Nobody is called by a wildcard, and TLS refuses to ask for one.
    const serverName = first.replace(/^\*(?=\.)/, "replica");
    return { serverName, caCerts: [this.#authority ?? cert] };
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  #take(
    certificate: ServerCertificate,
    { ca, directory }: { readonly ca: string | undefined; readonly directory: string },
  ): void {
    const state = checkCertificate(certificate);
    if (state !== undefined) {
      throw new Error(`Cannot use the certificate in "${directory}": ${state}`);
    }
    this.#certificate = certificate;
    this.#authority = ca;
  }
}
