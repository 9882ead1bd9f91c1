/**
 * The floor of creating sources: the same writes by a bare client. Arguments: kubeconfig, concurrency, a file with one JSON
 * array of requests a line; each line's requests are sent in order. Waits for a byte on standard input, then begins.
 */
import { BareApi, type BareRequest } from "./bare_api.ts";

const [kubeconfig = "", concurrency = "", file = ""] = Deno.args;
const chains = Deno.readTextFileSync(file).trim().split("\n")
  .map((line) => JSON.parse(line) as readonly BareRequest[]);
const api = new BareApi(kubeconfig);
await Deno.stdout.write(new TextEncoder().encode("ready\n"));
await Deno.stdin.read(new Uint8Array(1));
await api.inParallel(chains, {
  concurrency: Number(concurrency),
  each: async (requests) => {
    for (const request of requests) await api.json(request);
  },
});
// Stays, so that its CPU can be read.
await Deno.stdout.write(new TextEncoder().encode("done\n"));
await Deno.stdin.read(new Uint8Array(1));
