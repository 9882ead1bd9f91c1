import { createHash } from "node:crypto";
import Type from "typebox";
import type { HostLimits } from "../src/core/host_limits.ts";
import type { SourceRequest } from "../src/core/source_request.ts";
import { configurationError } from "../src/core/step_error.ts";
import type {
  FetchContext,
  Fetched,
  Generator,
  PreparedSource,
} from "../src/generate/generator.ts";

/** The settings of a scripted source. */
interface ScriptedSettings {
  readonly url: string;
  readonly secret?: string;
}

/**
 * A generator whose upstream says what a test wants it to. It keeps the contract: conditional requests, a spool file of
 * its own, nothing left behind.
 */
export class ScriptedUpstream implements Generator {
  readonly schema = Type.Object({ url: Type.String(), secret: Type.Optional(Type.String()) });
  document = "first";
  /** Sent with the document; one that is asked for again is answered by 304. */
  etag: string | undefined = '"1"';
  /** The URL that answers, if it is not the one asked. */
  finalUrl: string | undefined;
  /** What the answer says of its host. */
  hostLimits: HostLimits | undefined;
  /** Thrown instead of an answer. */
  failure: unknown;
  /** Awaited before the answer, after the document is spooled. */
  onFetch: (context: FetchContext) => void | Promise<void> = () => {};
  /** Told of the request as hooks have left it. */
  onRequest: (request: SourceRequest) => void = () => {};
  /** Every request since it was last emptied. */
  readonly requests: FetchContext[] = [];

  prepare(settings: unknown): PreparedSource {
    const { url, secret } = settings as ScriptedSettings;
    if (!URL.canParse(url)) throw configurationError("InvalidURL", `Cannot use "${url}": no URL`);
    return {
      host: new URL(url).host,
      secretNames: secret === undefined ? [] : [secret],
      warnings: [],
      request: () => ({
        ...{ url, method: "GET", headers: {}, secretHeaders: [] },
        tls: { insecureSkipVerify: false },
      }),
      hostOf: (request) => new URL(request.url).host,
      fetch: (request, context) => {
        this.onRequest(request);
        return this.#answer(url, context);
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #answer(url: string, context: FetchContext): Promise<Fetched> {
    this.requests.push(context);
    const validators = this.etag === undefined ? {} : { etag: this.etag };
    const { hostLimits } = this;
    if (this.failure !== undefined) throw this.failure;
    if (this.etag !== undefined && context.validators?.etag === this.etag) {
      await this.onFetch(context);
      return { changed: false, validators, hostLimits };
    }
    // Within the turn: the time of a test may go on while a disk stands still.
    Deno.writeTextFileSync(context.spoolFile, this.document, { createNew: true });
    await this.onFetch(context);
    context.signal.throwIfAborted();
    const sha256 = createHash("sha256").update(this.document).digest("hex");
    const size = new TextEncoder().encode(this.document).length;
    const document = { file: context.spoolFile, size, sha256 };
    return { changed: true, document, validators, finalUrl: this.finalUrl ?? url, hostLimits };
  }
}
