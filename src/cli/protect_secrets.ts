import type { Secret } from "../core/secret.ts";
import type { Objects } from "../objects/objects.ts";
import type { Redactor } from "../telemetry/redactor.ts";

const utf8 = new TextDecoder();

/** Reads Secrets so that no value of them can be seen in a log or an event afterwards. */
export function protectingReader(
  objects: Pick<Objects, "readSecret">,
  redactor: Pick<Redactor, "protect">,
): Objects["readSecret"] {
  return async (name) => {
    const secret = await objects.readSecret(name);
    if (secret) protect(secret, redactor);
    return secret;
  };
}

function protect({ data }: Secret, redactor: Pick<Redactor, "protect">): void {
  for (const value of Object.values(data)) {
    const text = utf8.decode(value).trim();
    redactor.protect(text);
    // `Bearer TOKEN` and `Basic TOKEN`: the token is the secret, wherever it turns up alone.
    const credential = /^\w+\s+(\S+)$/.exec(text)?.[1];
    if (credential) redactor.protect(credential);
  }
}
