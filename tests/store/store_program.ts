/** A process with a pvc store in the directory that is its argument, which does what it reads from stdin (`StoreCall`). */
import { StepError } from "../../src/core/step_error.ts";
import { pvc } from "../../src/store/pvc.ts";
import { readKey } from "../contract/store_fixtures.ts";
import { linesOf, type StoreCall, type StoreReturn } from "./store_calls.ts";

const [storagePath = ""] = Deno.args;
let now = Date.now();
const clock = { now: () => now, schedule: () => () => {} };
const store = await pvc.open({ storagePath, storageMinFree: 0 }, clock);

async function result({ method, args }: StoreCall): Promise<unknown> {
  if (method === "list") return await Array.fromAsync(store.list(args[0] as string));
  if (method === "open") return (await readKey(store, args[0] as string))?.toBase64();
  return await (store[method] as (...given: readonly unknown[]) => unknown)(...args);
}

async function answer(call: StoreCall): Promise<void> {
  const outcome = await result(call).then(
    (value) => ({ value }),
    (error: Error) => ({
      error: {
        message: error.message,
        class: error instanceof StepError ? error.class : undefined,
      },
    }),
  );
  const line = JSON.stringify({ id: call.id, ...outcome } satisfies StoreReturn);
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

for await (const line of linesOf(Deno.stdin.readable)) {
  const call = JSON.parse(line) as StoreCall;
  now = call.now;
  void answer(call);
}
