/** The floor of an unchanged source: conditional requests at the same pace by bare undici. Prints CPU milliseconds each. */
import process from "node:process";
import { request } from "undici";

const [url = ""] = Deno.args;
const first = await request(url);
await first.body.dump();
const headers = { "if-none-match": String(first.headers.etag) };
const [perSecond, seconds] = [200, 4];
const before = process.cpuUsage();
for (let sent = 0; sent < perSecond * seconds; sent++) {
  const { body } = await request(url, { headers });
  await body.dump();
  await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
}
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1_000 / (perSecond * seconds));
Deno.exit(0);
