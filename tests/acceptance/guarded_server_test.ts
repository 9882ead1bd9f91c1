import assert from "node:assert/strict";
import { CertificateAuthority } from "../certificate_authority.ts";
import { eventually } from "./eventually.ts";
import { patienceMs, StoredWorld } from "./stored_world.ts";

/** A mounted Secret with a certificate and a token, replaced as the kubelet does: by a link to another directory. */
class GuardFiles implements AsyncDisposable {
  readonly authority = new CertificateAuthority();
  readonly path: string;
  #version = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(token: string): Promise<GuardFiles> {
    const files = new GuardFiles(await Deno.makeTempDir());
    await files.replace(token);
    return files;
  }

  /** Another certificate and another token. */
  async replace(token: string): Promise<void> {
    const version = `..${++this.#version}`;
    const { cert, key } = this.authority.issue({ hosts: ["127.0.0.1"] });
    const texts = { "tls.crt": cert, "tls.key": key, "ca.crt": this.authority.pem, token };
    await Deno.mkdir(`${this.path}/${version}`);
    for (const [name, text] of Object.entries(texts)) {
      await Deno.writeTextFile(`${this.path}/${version}/${name}`, text);
      if (this.#version === 1) await Deno.symlink(`..data/${name}`, `${this.path}/${name}`);
    }
    await Deno.symlink(version, `${this.path}/..new`);
    await Deno.rename(`${this.path}/..new`, `${this.path}/..data`);
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
    await Deno.remove(this.path, { recursive: true });
  }
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
