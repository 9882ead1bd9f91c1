import { canary } from "./canaries.ts";
import { freePort } from "./controller_process.ts";
import * as answers from "./hostile_answers.ts";
import type { Answer } from "./hostile_upstream.ts";

/** The classes of DESIGN §5 that an upstream, a Secret or a URL can bring about. */
export type HostileClass = "transient" | "rejected" | "secret" | "configuration";

/** One thing that goes wrong, and what a user is told of it. */
export interface HostileCase {
  /** Of the source. */
  readonly name: string;
  readonly turn: Turn;
  readonly class: HostileClass;
  readonly reason: string;
  readonly message: RegExp;
}

/** What changes: the answers of the upstream, its certificate, the URL of the spec or a Secret (undefined: it is deleted). */
export type Turn =
  | { readonly answer: Answer }
  | { readonly certificate: true }
  | { readonly url: string }
  | {
    readonly secret: "headers" | "ca";
    readonly data: Readonly<Record<string, string>> | undefined;
  };

/** `--max-source-size` of these cases. */
export const maxSourceSize = 100 * 2 ** 20;

const metadata = "http://169.254.169.254/latest/meta-data";
const query = `token=${canary("location")}`;

type Row = readonly [name: string, turn: Turn | Answer, message: RegExp];

function rows(
  shared: Pick<HostileCase, "class" | "reason">,
  table: readonly Row[],
): HostileCase[] {
  return table.map(([name, turn, message]) => (
    { ...shared, name, turn: typeof turn === "function" ? { answer: turn } : turn, message }
  ));
}

const transient = rows({ class: "transient", reason: "FetchFailed" }, [
  ["status-500", answers.status(500), /: status 500$/],
  ["status-503", answers.status(503, { "Retry-After": canary("answer") }), /: status 503$/],
  ["status-429", answers.status(429), /: status 429$/],
  ["truncated", answers.truncated, /: the answer was cut off/],
  ["truncated-chunks", answers.truncatedChunks, /: the answer was cut off/],
  ["dripping", answers.dripping, /: slower than 64 KiB\/s after 2s$/],
  ["dripping-headers", answers.drippingHeaders, /: no answer within 2s$/],
  ["silent", answers.silent, /: no answer within 2s$/],
  ["closing", answers.closing, /: connection closed by the other side$/],
  ["refused", { url: `http://127.0.0.1:${freePort()}/` }, /: connection refused$/],
  ["no-such-name", { url: "http://no-such-host.invalid/" }, /: its host name cannot be resolved/],
]);

const rejected = rows({ class: "rejected", reason: "FetchFailed" }, [
  ["status-404", answers.status(404), /: status 404$/],
  ["endless", answers.endless, /: the document is larger than 104857600 bytes/],
  ["declared-10-gb", answers.declared, /: the document is larger than 104857600 bytes/],
  ["streamed-10-gb", answers.streamed, /: the document is larger than 104857600 bytes/],
  ["redirect-to-itself", answers.redirect((path) => path), /: more than 10 redirects$/],
  [
    "redirects-without-end",
    answers.redirect((path) => `${path.split("?")[0]}/further?${query}`),
    /: more than 10 redirects$/,
  ],
  [
    "redirect-to-metadata",
    answers.redirect(() => `${metadata}?${query}`),
    /is refused: it is a link-local address$/,
  ],
  [
    "redirect-to-a-file",
    answers.redirect(() => `file:///etc/passwd?${query}`),
    /: status 302 leads to what is no http or https URL$/,
  ],
  ["not-http", answers.garbage, /: the answer is not HTTP/],
  ["large-headers", answers.largeHeaders, /: its headers are too large$/],
  ["wrong-name", { certificate: true }, /: the TLS certificate is for another name$/],
]);

const secret = [
  ...rows({ class: "secret", reason: "SecretNotFound" }, [
    ["no-header-secret", { secret: "headers", data: undefined }, /: it does not exist$/],
    ["no-ca-secret", { secret: "ca", data: undefined }, /: it does not exist$/],
    ["no-ca-key", { secret: "ca", data: { other: canary("ca") } }, /: it has no key "ca\.crt"$/],
  ]),
  ...rows({ class: "secret", reason: "InvalidSecret" }, [
    ["bad-header", { secret: "headers", data: { token: `${canary("header")}\0` } }, /"token"/],
    ["bad-ca", { secret: "ca", data: { "ca.crt": canary("ca") } }, /holds no PEM certificate$/],
  ]),
];

const spellings = {
  decimal: "2852039166",
  hexadecimal: "0xa9fea9fe",
  octal: "0251.0376.0251.0376",
  short: "169.254.43518",
  mapped: "[::ffff:169.254.169.254]",
  plain: "169.254.169.254",
};

const configuration = [
  ...rows(
    { class: "configuration", reason: "RefusedAddress" },
    Object.entries(spellings).map(([name, host]) => [
      `metadata-${name}`,
      { url: `http://${host}/latest?${query}` },
      /: its address is refused: it is a link-local address$/,
    ]),
  ),
  ...rows({ class: "configuration", reason: "InvalidURL" }, [
    [
      "no-url",
      { url: `/${canary("query")}` },
      /spec\.generator\.http\.url: it cannot be read as a URL$/,
    ],
    ["other-scheme", { url: `ftp://${canary("user")}@host/` }, /only http and https are fetched$/],
  ]),
];

/** All of them. */
export const hostileCases: readonly HostileCase[] = [
  ...transient,
  ...rejected,
  ...secret,
  ...configuration,
];
