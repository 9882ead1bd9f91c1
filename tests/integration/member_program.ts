/**
 * A member in a process of its own: `KUBECONFIG NAMESPACE NAME`. Prints each 50 ms a line of JSON: `gapMs` since the line
 * before, and how many sources it may write.
 */
import { steadyClock } from "../../src/cli/steady_clock.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import { startMember } from "./member_world.ts";

const [file, namespace, name] = Deno.args;
const credentials = await kubeconfigCredentials({ file: file! });
const { membership } = startMember({ name: name!, namespace: namespace!, credentials });
const uids = Array.from({ length: 300 }, (_, index) => `uid-${index}`);
const held = new Set<() => boolean>();
let last = steadyClock.now();

function print(): void {
  const now = steadyClock.now();
  const writable = uids.filter((uid) => membership.owns(uid) && membership.mayWrite());
  if (held.size === 0) { for (const uid of writable) held.add(membership.hold(uid)); }
  const stillHeld = [...held].filter((mayGoOn) => mayGoOn()).length;
  console.log(JSON.stringify({ gapMs: now - last, writable: writable.length, stillHeld }));
  last = now;
  setTimeout(print, 50);
}
print();
