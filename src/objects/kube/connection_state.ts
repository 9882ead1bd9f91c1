import { fileErrorCode } from "../../core/file_error.ts";
import { networkStates } from "../../core/network_states.ts";

/** What Deno's `fetch` says in words only: its errors have no code. Texts of hyper, hyper-util and rustls. */
const states: readonly (readonly [RegExp, string])[] = [
  [/Requests to port \d+ are blocked/, "that port is closed to HTTP; correct the server's URL"],
  [/\(os error 110\)|timed out/, "no connection in time"],
  [/dns error/, "its host name has no address"],
  [/unsuccessful tunnel|proxy authorization required/, "the proxy refuses to connect to it"],
  [
    /invalid peer certificate: UnknownIssuer/,
    "its TLS certificate is signed by an unknown authority",
  ],
  [/not valid for name|NotValidForName/, "its TLS certificate is for another name"],
  [/certificate expired|invalid peer certificate: Expired/, "its TLS certificate has expired"],
  [/certificate not valid yet|NotValidYet/, "its TLS certificate is not valid yet"],
  [/UnsupportedCertVersion/, "the TLS certificate is of X.509 version 1; make one of version 3"],
  [/CaUsedAsEndEntity/, "its TLS certificate is that of an authority; make one for the server"],
  [/invalid peer certificate/, "its TLS certificate cannot be verified"],
  [/fatal alert: CertificateRequired/, "it wants a client certificate"],
  [/fatal alert/, "it refuses the TLS connection"],
  [/corrupt message|tls handshake eof/, "it does not answer in TLS"],
  [/connection closed|unexpected end of file/i, "connection closed by the other side"],
];

/** An error and what caused it, the outermost first. */
function* causesOf(error: unknown): Generator<Error> {
  for (let each = error; each instanceof Error; each = each.cause) yield each;
}

/**
 * Why an API server could not be talked to, in words that follow "Cannot …: "; undefined if the error does not tell. Of the
 * error itself nothing is taken over: it names the whole URL.
 */
export function connectionState(error: unknown): string | undefined {
  for (const each of causesOf(error)) {
    const state = networkStates[fileErrorCode(each) ?? ""] ??
      states.find(([text]) => text.test(each.message))?.[1];
    if (state !== undefined) return state;
  }
  return undefined;
}
