import assert from "node:assert/strict";
import { get } from "node:https";
import { type ControllerProcess, startController } from "../acceptance/controller_process.ts";
import { eventually } from "../acceptance/eventually.ts";
import { limitedAccount, limitedKubeconfig } from "../acceptance/limited_kubeconfig.ts";
import { CertificateAuthority } from "../certificate_authority.ts";
import { MountedSecret } from "../mounted_secret.ts";
import { KubeWorld } from "./kube_world.ts";

let world: KubeWorld;

Deno.test.beforeAll(async () => {
  world = await KubeWorld.start();
});
Deno.test.afterAll(() => world?.plane.close());

const authority = new CertificateAuthority();
const other = new CertificateAuthority("another authority");

function certificateOf(issuer: CertificateAuthority): Record<string, string> {
  const { cert, key } = issuer.issue({ hosts: ["127.0.0.1"] });
  return { "tls.crt": cert, "tls.key": key, "ca.crt": issuer.pem };
}

/** A new ServiceAccount and a token of it, with or without the right to read metrics. */
async function tokenOf(name: string, { reads }: { readonly reads: boolean }): Promise<string> {
  const { plane } = world;
  await plane.kubectl(["create", "serviceaccount", name]);
  const rules = ["--verb=get", "--non-resource-url=/metrics"];
  if (reads) {
    await plane.kubectl(["create", "clusterrole", name, ...rules]);
    const bound = [`--clusterrole=${name}`, `--serviceaccount=default:${name}`];
    await plane.kubectl(["create", "clusterrolebinding", name, ...bound]);
  }
  return (await plane.kubectl(["create", "token", name])).trim();
}

/** Scrapes over TLS that trusts the authority, or without TLS. */
class Scraper {
  readonly #address: string;

  constructor({ metrics }: ControllerProcess) {
    this.#address = new URL(metrics).host;
  }

  async scrape(token?: string, ca: CertificateAuthority = authority) {
    using client = Deno.createHttpClient({ caCerts: [ca.pem] });
    const headers: HeadersInit = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`https://${this.#address}/metrics`, { client, headers });
    return { status: response.status, text: await response.text() };
  }

  async statusOf(token?: string, ca?: CertificateAuthority): Promise<number> {
    return (await this.scrape(token, ca)).status;
  }

  async plain(): Promise<Response> {
    return await fetch(`http://${this.#address}/metrics`);
  }
}

async function whileRunning(
  options: { readonly kubeconfig: string; readonly args: readonly string[] },
  use: (controller: ControllerProcess) => Promise<void>,
): Promise<void> {
  const controller = await startController({
    ...options,
    args: ["--metrics-secure", ...options.args],
  });
  try {
    await use(controller);
  } finally {
    await controller.end("SIGTERM");
  }
}

Deno.test("metrics are for bearers of a token who may get /metrics, over TLS whose certificate may change", async () => {
  await using files = await MountedSecret.create(certificateOf(authority));
  const reader = await tokenOf("reader", { reads: true });
  const stranger = await tokenOf("stranger", { reads: false });
  const args = [`--metrics-cert-path=${files.path}`, "--zap-log-level=debug"];
  const { kubeconfig } = world.plane;
  await whileRunning({ kubeconfig, args }, async (controller) => {
    const scraper = new Scraper(controller);
    const { status, text } = await scraper.scrape(reader);
    assert.equal(status, 200);
    assert.match(text, /^# HELP externalsource_active_reconciliations /m);
    assert.equal(await scraper.statusOf(), 401);
    assert.equal(await scraper.statusOf("made.up.token"), 401);
    assert.equal(await scraper.statusOf(`${reader}x`), 401);
    assert.equal(await scraper.statusOf(stranger), 403);
    await assert.rejects(scraper.plain(), TypeError);
    await assert.rejects(scraper.statusOf(reader, other), TypeError);
    await files.replace(certificateOf(other));
    await eventually(() => scraper.statusOf(reader, other).then((s) => s === 200, () => false), {
      withinMs: 30_000,
      what: "the new certificate is shown",
    });
    await world.plane.stop("kube-apiserver");
    assert.equal(await scraper.statusOf("made.up.later", other), 503);
    assert.match(controller.log(), /cannot ask the cluster who may read metrics/);
    assert.equal(await scraper.statusOf(reader, other), 200, "for a minute");
    await world.plane.start();
    for (const token of [reader, stranger, "made.up.token"]) {
      assert.ok(!controller.log().includes(token.slice(-20)), "a token is in the log");
    }
  });
});

Deno.test("metrics are for nobody while the controller may not ask who somebody is, and it says so", async () => {
  const kubeconfig = `${world.plane.dir}/limited.kubeconfig`;
  const resources = ["configmaps", "events", "namespaces", "secrets"];
  await limitedKubeconfig(world.plane, kubeconfig, { resources });
  const reader = await tokenOf("patient", { reads: true });
  await whileRunning({ kubeconfig, args: [] }, async (controller) => {
    const address = new URL(controller.metrics).host;
    // Nobody has signed its certificate but itself.
    const statusOf = async () => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const headers = { Authorization: `Bearer ${reader}` };
      get(`https://${address}/metrics`, { headers, rejectUnauthorized: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      }).on("error", reject);
      return await promise;
    };
    assert.equal(await statusOf(), 503);
    assert.match(controller.log(), /cannot ask the cluster who may read metrics.*forbidden/);
    const rule = ["--verb=create", "--resource=tokenreviews", "--resource=subjectaccessreviews"];
    await world.plane.kubectl(["create", "clusterrole", "metrics-auth-role", ...rule]);
    const bound = ["--clusterrole=metrics-auth-role", `--serviceaccount=${limitedAccount}`];
    await world.plane.kubectl(["create", "clusterrolebinding", "metrics-auth", ...bound]);
    await eventually(async () => await statusOf() === 200, {
      withinMs: 30_000,
      what: "a scrape is answered",
    });
  });
});
