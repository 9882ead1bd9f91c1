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
    for (const value of Object.values(secret?.data ?? {})) {
      redactor.protect(utf8.decode(value).trim());
    }
    return secret;
  };
}
