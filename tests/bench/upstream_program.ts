/**
 * Documents with versions and ETags, in a process of its own, on every loopback address: `http://127.0.0.N:PORT` are as many
 * hosts. Prints its port. `/doc/ID` is a document of about 1 KB, `POST /bump/ID` changes it, `/file` is the file given as
 * argument, `/count` answers how often documents were asked for.
 */
const versions = new Map<string, number>();
let asked = 0;
const padding = "x".repeat(900);

async function answer(request: Request): Promise<Response> {
  const [, kind, id = ""] = new URL(request.url).pathname.split("/");
  if (kind === "count") return new Response(`${asked}`);
  if (kind === "bump") {
    versions.set(id, (versions.get(id) ?? 1) + 1);
    return new Response();
  }
  asked++;
  if (kind === "file") return new Response((await Deno.open(Deno.args[0]!)).readable);
  const version = versions.get(id) ?? 1;
  const etag = `"${id}-${version}"`;
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  const headers = { etag, "content-type": "application/json" };
  return new Response(JSON.stringify({ id, version, padding }), { headers });
}

Deno.serve({
  hostname: "0.0.0.0",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, answer);
