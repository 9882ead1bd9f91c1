/** The controller's side of the wire as a process of its own: calls `pinned` and prints what comes back. Arguments: endpoint, token. */
import { systemClock } from "../../../src/cli/system_clock.ts";
import { SidecarRunner } from "../../../src/hooks/sidecar_runner.ts";

const [endpoint = "", token = ""] = Deno.args;
await using runner = new SidecarRunner({
  ...{ endpoint, clock: systemClock },
  readToken: () => Promise.resolve(token),
});
const decoder = new TextDecoder();
let printed = "";
await runner.run({ command: "pinned", args: [], env: {}, timeoutMs: 5_000 }, {
  stdin: (async function* () {})(),
  write: async (piece) => void (printed += decoder.decode(piece, { stream: true })),
  signal: new AbortController().signal,
});
console.log(printed.trimEnd());
