import type { Validators } from "../src/core/document.ts";
import type { Secret } from "../src/core/secret.ts";
import type { SourceRequest } from "../src/core/source_request.ts";
import type { GeneratorEnvironment } from "../src/generate/generator_definition.ts";
import type { FetchContext, Fetched } from "../src/generate/generator.ts";
import { httpDefinition } from "../src/generate/http/http_definition.ts";
import { httpSettings, type HttpSettingValues } from "../src/generate/http/http_settings.ts";
import type { HttpSpec } from "../src/generate/http/http_spec.ts";
import { ManualClock } from "./manual_clock.ts";

/** What differs from the defaults. */
export interface FetcherOptions {
  readonly settings?: Partial<HttpSettingValues>;
  readonly environment?: Partial<GeneratorEnvironment>;
}

/** One fetch: its spec, its Secrets as text, and what differs from an ordinary context. */
export interface FetchRequest {
  readonly spec: HttpSpec;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What pre-request hooks make of the request. */
  readonly change?: (request: SourceRequest) => SourceRequest;
  readonly validators?: Validators;
  readonly signal?: AbortSignal;
  readonly mayRepeat?: boolean;
}

const defaults = Object.fromEntries(
  Object.entries(httpSettings).map(([name, setting]) => [name, setting.default]),
) as unknown as HttpSettingValues;

function secretOf(name: string, data: Readonly<Record<string, string>>): Secret {
  const encoder = new TextEncoder();
  const entries = Object.entries(data).map(([key, value]) => [key, encoder.encode(value)] as const);
  return { name, resourceVersion: "1", data: Object.fromEntries(entries) };
}

/** The HTTP generator on loopback, with a clock that stands still and a directory for spool files. */
export class HttpFetcher implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly generator;
  readonly directory: string;
  #count = 0;

  constructor({ settings, environment }: FetcherOptions = {}) {
    this.generator = httpDefinition.create({ ...defaults, ...settings }, {
      maxSourceSize: 256 * 1024 * 1024,
      forbiddenEndpoints: [],
      allowLoopback: true,
      clock: this.clock,
      ...environment,
    });
    this.directory = Deno.makeTempDirSync();
  }

  /** Prepares, builds the request and fetches, as a reconcile does. */
  async fetch(request: FetchRequest | string): Promise<Fetched> {
    const { spec, secrets = {}, change = (same) => same, ...rest } = typeof request === "string"
      ? { spec: { url: request } } as FetchRequest
      : request;
    const prepared = this.generator.prepare(spec);
    const read = Object.entries(secrets).map(([name, data]) =>
      [name, secretOf(name, data)] as const
    );
    const context: FetchContext = {
      validators: undefined,
      spoolFile: `${this.directory}/${++this.#count}`,
      mayRepeat: false,
      signal: new AbortController().signal,
      ...rest,
    };
    return await prepared.fetch(change(prepared.request(new Map(read))), context);
  }

  /** What a successful fetch brought. */
  async text(request: FetchRequest | string): Promise<string> {
    const fetched = await this.fetch(request);
    return fetched.changed ? await Deno.readTextFile(fetched.document.file) : "(unchanged)";
  }

  /** Spool files that exist. */
  get spooled(): readonly string[] {
    return [...Deno.readDirSync(this.directory)].map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.generator.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}
