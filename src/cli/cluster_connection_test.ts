import assert from "node:assert/strict";
import { findCredentials } from "./cluster_connection.ts";
import { InputError } from "./command.ts";

const cluster = { name: "c", cluster: { server: "https://192.0.2.1:6443/" } };
const context = { name: "x", context: { cluster: "c", user: "u" } };
const users = [{ name: "u", user: { token: "canary" } }];
const kubeconfig = { clusters: [cluster], contexts: [context], users, "current-context": "x" };

/** What is said of a kubeconfig that cannot be used, without the name of its file. */
async function refusalOf(content: unknown): Promise<string> {
  const file = await Deno.makeTempFile();
  try {
    if (content === undefined) await Deno.remove(file);
    else await Deno.writeTextFile(file, JSON.stringify(content));
    await findCredentials({ kubeconfig: file, environment: {} });
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return error.message.replace(`Cannot use kubeconfig "${file}": `, "");
  } finally {
    if (content !== undefined) await Deno.remove(file);
  }
  assert.fail("it was accepted");
}

Deno.test("findCredentials() says of a kubeconfig what is wrong with it, once, and to correct it", async () => {
  const lax = { ...cluster, cluster: { ...cluster.cluster, "insecure-skip-tls-verify": true } };
  const rows = [
    [undefined, /^it does not exist\n/],
    [
      { ...kubeconfig, "current-context": "nosuch" },
      /^it has no context "nosuch", which it names as its current one; it has: x\n/,
    ],
    [{ ...kubeconfig, "current-context": "" }, /^it has no current-context; kubectl config /],
    [
      { ...kubeconfig, clusters: [] },
      /^its context "x" names the cluster "c", which it does not have\n/,
    ],
    [
      { ...kubeconfig, clusters: [lax] },
      /^its cluster "c" has insecure-skip-tls-verify, which is not supported; use /,
    ],
  ] as const;
  for (const [content, state] of rows) {
    const refusal = await refusalOf(content);
    assert.match(refusal, state);
    assert.match(refusal, /\nCorrect it, or give another with --kubeconfig FILE; /);
    assert.doesNotMatch(refusal, /Cannot|canary/);
  }
});

Deno.test("findCredentials() says where there is no kubeconfig to give one", async () => {
  const place = { kubeconfig: "", environment: { HOME: "/nonexistent" } };
  await assert.rejects(
    findCredentials(place),
    /^InputError: Cannot find a cluster: there is no .*\nGive one with --kubeconfig FILE; /,
  );
});
