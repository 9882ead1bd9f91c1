import { Buffer } from "node:buffer";
import type { NamespacedName } from "../../core/source_key.ts";
import { declaredMetadata } from "./declared_metadata.ts";
import { type Checked, type Manifest, type ManifestProblem, problemAt } from "./manifest.ts";

/** A Secret as a file has it. */
export interface DeclaredSecret {
  readonly metadata: NamespacedName;
  /** Decoded values by key; without a prototype, because keys are free. */
  readonly data: Readonly<Record<string, Uint8Array>>;
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextEncoder();

type Decode = (text: string) => Uint8Array | undefined;

const decoders: Readonly<Record<string, { readonly decode: Decode; readonly wanted: string }>> = {
  data: { decode: decodeBase64, wanted: "must be base64: or put plain text into stringData" },
  stringData: { decode: (text) => utf8.encode(text), wanted: "" },
};

/** Whether a manifest is a Secret of the core group. */
export function isSecretManifest({ kind, object }: Manifest): boolean {
  return kind === "Secret" && object["apiVersion"] === "v1";
}

/** The Secret of a manifest that {@linkcode isSecretManifest}; `stringData` wins over `data`. No problem quotes a value. */
export function declaredSecret(manifest: Manifest): Checked<DeclaredSecret> {
  const metadata = declaredMetadata(manifest);
  const problems: ManifestProblem[] = [...metadata.problems];
  const data: Record<string, Uint8Array> = Object.create(null);
  for (const [field, { decode, wanted }] of Object.entries(decoders)) {
    for (const [key, value] of entriesOf(manifest.object[field])) {
      const bytes = typeof value === "string" ? decode(value) : undefined;
      if (bytes) data[key] = bytes;
      else {
        const message = typeof value === "string" ? wanted : "must be a string: put it in quotes";
        problems.push(problemAt(manifest, [field, key], message));
      }
    }
  }
  return metadata.value === undefined || problems.length > 0
    ? { value: undefined, problems }
    : { value: { metadata: metadata.value, data }, problems: [] };
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** As the API server: line breaks within are allowed, which `|` blocks have. */
function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/[\r\n]/g, "");
  return base64Pattern.test(digits) ? new Uint8Array(Buffer.from(digits, "base64")) : undefined;
}
