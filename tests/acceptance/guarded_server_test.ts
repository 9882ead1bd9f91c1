import assert from "node:assert/strict";
import { CertificateAuthority } from "../certificate_authority.ts";
import { MountedSecret } from "../mounted_secret.ts";
import { eventually } from "./eventually.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";

/** A mounted Secret with a certificate and a token. */
class GuardFiles implements AsyncDisposable {
  readonly authority: CertificateAuthority;
  readonly #secret: MountedSecret;

  private constructor(authority: CertificateAuthority, secret: MountedSecret) {
    this.authority = authority;
    this.#secret = secret;
  }

  static async create(token: string): Promise<GuardFiles> {
    const authority = new CertificateAuthority();
    return new GuardFiles(authority, await MountedSecret.create(dataOf(authority, token)));
  }

  get path(): string {
    return this.#secret.path;
  }

  /** Another certificate and another token. */
  async replace(token: string): Promise<void> {
    await this.#secret.replace(dataOf(this.authority, token));
  }

  /** The status of a download that bears a token, over TLS that trusts the authority. */
  async statusOf(url: string, token?: string): Promise<number> {
    using client = Deno.createHttpClient({ caCerts: [this.authority.pem] });
    const headers: HeadersInit = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, { client, headers });
    await response.body?.cancel();
    return response.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#secret[Symbol.asyncDispose]();
  }
}

function dataOf(authority: CertificateAuthority, token: string): Record<string, string> {
  const { cert, key } = authority.issue({ hosts: ["127.0.0.1"] });
  return { "tls.crt": cert, "tls.key": key, "ca.crt": authority.pem, token };
}

Deno.test("the artifact server speaks TLS and wants a token where it is told to, and takes others without a restart", async () => {
  await using guard = await GuardFiles.create("first-token");
  const args = [
    `--artifact-server-cert-path=${guard.path}`,
    `--artifact-server-token-file=${guard.path}/token`,
  ];
  await StoredWorld.run(10_000, async (world) => {
    await world.createSources(["app"]);
    await world.whileRunning(async (controller) => {
      const [{ artifact } = {}] = await world.untilPublished("app");
      const { url } = artifact!;
      assert.ok(url.startsWith(`https://127.0.0.1:${controller.port}/artifacts/`), url);
      assert.equal(await guard.statusOf(url, "first-token"), 200);
      assert.equal(await guard.statusOf(url), 401);
      assert.equal(await guard.statusOf(url, "other-token"), 401);
      await assert.rejects(fetch(url.replace("https:", "http:")));
      await guard.replace("second-token");
      await eventually(async () => await guard.statusOf(url, "second-token") === 200, {
        withinMs: patienceMs,
        what: "the new token is taken",
      });
      assert.equal(await guard.statusOf(url, "first-token"), 200, "for a minute more");
    }, { args });
  });
});

Deno.test("what was published without TLS moves to https once that answers", async () => {
  await using guard = await GuardFiles.create("token");
  await StoredWorld.run(10_000, async (world) => {
    await world.createSources(["app"]);
    await world.whileRunning(async () => void await world.untilPublished("app"));
    await world.whileRunning(async () => {
      await world.untilPublished(
        "app",
        ({ artifact }) => artifact?.url.startsWith("https://127.0.0.1:") === true,
      );
      assert.equal(world.documents.requestsOf("app"), 1);
    }, { args: [`--artifact-server-cert-path=${guard.path}`] });
  });
});
