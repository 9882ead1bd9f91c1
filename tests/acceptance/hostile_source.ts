import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Artifact } from "../../src/core/artifact.ts";
import { findCondition } from "../../src/core/condition.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { CertificateAuthority } from "../certificate_authority.ts";
import { canary, userInfo } from "./canaries.ts";
import { eventually } from "./eventually.ts";
import { type FluxWorld, isReady, patience } from "./flux_world.ts";
import { good } from "./hostile_answers.ts";
import type { HostileCase } from "./hostile_cases.ts";
import { HostileUpstream } from "./hostile_upstream.ts";
import { writeSecret } from "./write_secret.ts";

const authority = new CertificateAuthority();
const certificates = [["localhost"], ["other.example"]].map((hosts) => authority.issue({ hosts }));

const isTls = ({ turn }: HostileCase) =>
  "certificate" in turn || ("secret" in turn && turn.secret === "ca");

/** A source whose upstream, Secret or URL is good, then as its case says, then good again. */
export class HostileSource implements AsyncDisposable {
  readonly case: HostileCase;
  readonly upstream: HostileUpstream;
  readonly #world: FluxWorld;
  /** What was published while all was good. */
  #artifact: Artifact | undefined;

  private constructor(parts: {
    readonly case: HostileCase;
    readonly upstream: HostileUpstream;
    readonly world: FluxWorld;
  }) {
    this.case = parts.case;
    this.upstream = parts.upstream;
    this.#world = parts.world;
  }

  /** Creates the source and waits until its first document is published. */
  static async publish(world: FluxWorld, hostile: HostileCase): Promise<HostileSource> {
    const upstream = await HostileUpstream.start({
      answer: documentOf("first"),
      certificates: isTls(hostile) ? certificates : [],
    });
    const source = new HostileSource({ case: hostile, upstream, world });
    await source.#restoreSecret("headers");
    if (isTls(hostile)) await source.#restoreSecret("ca");
    const generator = { type: "http", http: source.#spec() };
    await world.createSource(source.name, { destinationPath: "document.json", generator });
    const status = await source.until("is published", isReady);
    source.#artifact = status.artifact;
    for (const sent of [canary("header"), canary("query"), btoa(userInfo)]) {
      assert.ok(upstream.head.includes(sent), `${source.name} was asked with ${sent}`);
    }
    return source;
  }

  get name(): string {
    return this.case.name;
  }

  /** All becomes hostile, and is asked for. */
  async turn(): Promise<void> {
    const { turn } = this.case;
    if ("url" in turn) return await this.#patchUrl(turn.url);
    if ("answer" in turn) this.upstream.answer = turn.answer;
    if ("certificate" in turn) this.upstream.present(1);
    if ("secret" in turn) await writeSecret(this.#world, this.#secretName(turn.secret), turn.data);
    await this.#world.request("ExternalSource", this.name);
  }

  /** Waits until the failure is told, and holds it to its class. */
  async expectFailure(): Promise<void> {
    const { class: hostileClass, reason, message } = this.case;
    const status = await this.until(
      "has failed",
      (status) => readyOf(status)?.reason === reason && !this.#inPhase(status),
    );
    const ready = readyOf(status)!;
    assert.match(ready.message, message, this.name);
    assert.equal(ready.status, "False", this.name);
    const abnormal = ["Reconciling", "Stalled"].map((type) =>
      findCondition(status.conditions ?? [], type)
    );
    const shown = abnormal.map((condition) =>
      condition && [condition.status, condition.reason, condition.message]
    );
    const retrying = ["True", "ProgressingWithRetry", ready.message];
    const expected = {
      transient: [retrying, undefined],
      rejected: [undefined, undefined],
      secret: [retrying, undefined],
      configuration: [undefined, ["True", reason, ready.message]],
    }[hostileClass];
    assert.deepEqual(shown, expected, `${this.name}: Reconciling and Stalled`);
    if (hostileClass !== "transient") assert.equal(status.failures, undefined, this.name);
    else assert.ok((status.failures ?? 0) >= 1, this.name);
  }

  /** The artifact that was published before is as it was, and its URL serves the bytes of its digest. */
  async expectOldArtifact(): Promise<void> {
    for (
      const object of [await this.#world.source(this.name), await this.#world.artifact(this.name)]
    ) {
      assert.deepEqual(object.status?.artifact, this.#artifact, this.name);
    }
    await this.#expectServed();
  }

  /** All becomes good, with another document unless `text` is that of before. */
  async restore(text: string): Promise<void> {
    const { turn } = this.case;
    this.upstream.answer = documentOf(text);
    if ("url" in turn) return await this.#patchUrl(this.#spec().url);
    if ("certificate" in turn) this.upstream.present(0);
    if ("secret" in turn) await this.#restoreSecret(turn.secret);
    // Who backs off comes back by itself.
    if (this.case.class === "rejected") await this.#world.request("ExternalSource", this.name);
  }

  /** Waits until nothing is left of the failure. */
  async expectRecovery(): Promise<void> {
    const status = await this.until("is ready again", isReady);
    assert.deepEqual(status.conditions?.map(({ type }) => type), ["Ready"], this.name);
    const { failures, nextAttemptTime } = status;
    assert.deepEqual({ failures, nextAttemptTime }, {
      failures: undefined,
      nextAttemptTime: undefined,
    }, this.name);
    this.#artifact = status.artifact;
    await this.expectOldArtifact();
  }

  /** Waits for a status. */
  async until(
    what: string,
    look: (status: ExternalSourceStatus) => boolean,
  ): Promise<ExternalSourceStatus> {
    let last: ExternalSourceStatus = {};
    return await eventually(async () => {
      last = (await this.#world.source(this.name)).status ?? {};
      return look(last) && last;
    }, { withinMs: patience, what: `${this.name} ${what}` }).catch((error) => {
      throw new Error(JSON.stringify(last), { cause: error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.upstream[Symbol.asyncDispose]();
  }

  async #expectServed(): Promise<void> {
    const { url, digest } = this.#artifact!;
    const response = await fetch(url);
    const hash = createHash("sha256").update(await response.bytes()).digest("hex");
    assert.equal(`sha256:${hash}`, digest, `${this.name}: what ${url} serves`);
  }

  #inPhase({ conditions = [] }: ExternalSourceStatus): boolean {
    return findCondition(conditions, "Fetching") !== undefined;
  }

  #spec() {
    const tls = isTls(this.case);
    const origin = `${tls ? "https" : "http"}://${userInfo}@${tls ? "localhost" : "127.0.0.1"}`;
    return {
      url: `${origin}:${this.upstream.port}/${this.name}.json?token=${canary("query")}`,
      headersSecretRef: { name: this.#secretName("headers") },
      ...(tls ? { caBundleSecretRef: { name: this.#secretName("ca") } } : {}),
    };
  }

  async #patchUrl(url: string): Promise<void> {
    const spec = { generator: { http: { url } } };
    await this.#world.patch("ExternalSource", this.name, { spec });
  }

  #secretName(kind: "headers" | "ca"): string {
    return `${this.name}-${kind}`;
  }

  async #restoreSecret(kind: "headers" | "ca"): Promise<void> {
    const data = kind === "ca"
      ? { "ca.crt": `# ${canary("ca")}\n${authority.pem}` }
      : { "X-Access": canary("header") };
    await writeSecret(this.#world, this.#secretName(kind), data);
  }
}

const documentOf = (text: string) => good(JSON.stringify({ text, secret: canary("body") }));
const readyOf = ({ conditions = [] }: ExternalSourceStatus) => findCondition(conditions, "Ready");
