import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Secret } from "../../src/core/secret.ts";
import { type ErrorClass, StepError } from "../../src/core/step_error.ts";
import type { FetchContext, Generator } from "../../src/generate/generator.ts";

/** What the upstream of a harness shall do with the next requests. */
export type UpstreamBehaviour =
  /** Answers with the content, and with "not modified" whoever has its validators. */
  | { readonly kind: "document"; readonly content: Uint8Array }
  /** There is no such document. */
  | { readonly kind: "missing" }
  /** Something that will be over by itself. */
  | { readonly kind: "unavailable" }
  /** Sends half of a document and hangs up. */
  | { readonly kind: "truncated" }
  /** Sends the beginning of a document and then nothing more. `begun` is called once it is sent. */
  | { readonly kind: "stuck"; readonly begun: () => void };

/** A generator with an upstream of its own that does what a test wants. */
export interface GeneratorHarness extends AsyncDisposable {
  readonly generator: Generator;
  /** Settings that lead to the upstream. */
  readonly settings: unknown;
  /** Settings that obey the schema, each wrong in itself, and the reason they are refused with. */
  readonly badSettings: readonly { readonly settings: unknown; readonly reason: string }[];
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Bytes at which the generator refuses a document. */
  readonly maxSourceSize: number;
  behave(behaviour: UpstreamBehaviour): void;
}

/** A directory of its own for spool files. */
class SpoolDirectory implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  context(overrides: Partial<FetchContext> = {}): FetchContext {
    return {
      validators: undefined,
      spoolFile: `${this.path}/spool`,
      mayRepeat: false,
      signal: new AbortController().signal,
      ...overrides,
    };
  }

  get isEmpty(): boolean {
    return [...Deno.readDirSync(this.path)].length === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** What every generator promises, whatever it asks. One line in the test of a generator runs it. */
export function testGenerator(name: string, start: () => Promise<GeneratorHarness>): void {
  const fetchFrom = (harness: GeneratorHarness, context: FetchContext) => {
    const prepared = harness.generator.prepare(harness.settings);
    return prepared.fetch(prepared.request(harness.secrets), context);
  };

  Deno.test(`${name} prepare() refuses bad settings as configuration, with a reason`, async () => {
    await using harness = await start();
    assert.ok(harness.badSettings.length > 0);
    for (const { settings, reason } of harness.badSettings) {
      assert.throws(
        () => harness.generator.prepare(settings),
        (error) =>
          error instanceof StepError && error.class === "configuration" && error.reason === reason,
        JSON.stringify(settings),
      );
    }
  });

  Deno.test(`${name} prepare() names its host and its Secrets`, async () => {
    await using harness = await start();
    const prepared = harness.generator.prepare(harness.settings);
    assert.notEqual(prepared.host, "");
    assert.deepEqual([...prepared.secretNames].sort(), [...harness.secrets.keys()].sort());
  });

  Deno.test(`${name} fetch() spools every byte, with size and hash`, async () => {
    await using harness = await start();
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index * 7);
    for (const content of [bytes, bytes.subarray(0, 1), new Uint8Array()]) {
      await using directory = new SpoolDirectory();
      harness.behave({ kind: "document", content });
      const context = directory.context();
      const fetched = await fetchFrom(harness, context);
      assert.ok(fetched.changed);
      const sha256 = createHash("sha256").update(content).digest("hex");
      const wanted = { file: context.spoolFile, size: content.length, sha256 };
      assert.deepEqual(fetched.document, wanted);
      assert.deepEqual(await Deno.readFile(context.spoolFile), new Uint8Array(content));
      assert.ok(URL.canParse(fetched.finalUrl));
    }
  });

  Deno.test(`${name} fetch() reports an unchanged document by its validators`, async () => {
    await using harness = await start();
    await using directory = new SpoolDirectory();
    harness.behave({ kind: "document", content: Uint8Array.of(1) });
    const { validators } = await fetchFrom(harness, directory.context());
    await Deno.remove(directory.context().spoolFile);
    const again = await fetchFrom(harness, directory.context({ validators }));
    assert.deepEqual(again, { changed: false, validators });
    assert.ok(directory.isEmpty);
    harness.behave({ kind: "document", content: Uint8Array.of(2) });
    const changed = await fetchFrom(harness, directory.context({ validators }));
    assert.equal(changed.changed, true);
    assert.notDeepEqual(changed.validators, validators);
  });

  const failures: readonly (readonly [UpstreamBehaviour, ErrorClass])[] = [
    [{ kind: "missing" }, "rejected"],
    [{ kind: "unavailable" }, "transient"],
    [{ kind: "truncated" }, "transient"],
  ];
  for (const [behaviour, wanted] of failures) {
    Deno.test(`${name} fetch() of a document that is ${behaviour.kind} fails as ${wanted}`, async () => {
      await using harness = await start();
      await using directory = new SpoolDirectory();
      harness.behave(behaviour);
      await assert.rejects(
        fetchFrom(harness, directory.context()),
        (error) => error instanceof StepError && error.class === wanted,
      );
      assert.ok(directory.isEmpty);
    });
  }

  Deno.test(`${name} fetch() takes a document of the greatest size and rejects a larger one`, async () => {
    await using harness = await start();
    const greatest = new Uint8Array(harness.maxSourceSize);
    await using directory = new SpoolDirectory();
    harness.behave({ kind: "document", content: new Uint8Array(greatest.length + 1) });
    await assert.rejects(
      fetchFrom(harness, directory.context()),
      (error) => error instanceof StepError && error.class === "rejected",
    );
    assert.ok(directory.isEmpty);
    harness.behave({ kind: "document", content: greatest });
    assert.equal((await fetchFrom(harness, directory.context())).changed, true);
  });

  Deno.test(`${name} fetch() ends with the reason of its signal and leaves no file`, async () => {
    await using harness = await start();
    await using directory = new SpoolDirectory();
    const reason = new Error("the caller's");
    const abort = new AbortController();
    harness.behave({ kind: "stuck", begun: () => abort.abort(reason) });
    const context = directory.context({ signal: abort.signal });
    await assert.rejects(fetchFrom(harness, context), reason);
    await assert.rejects(fetchFrom(harness, context), reason, "aborted before it began");
    assert.ok(directory.isEmpty);
  });
}
