/**
 * A release service: answers `/release.json` with a ConfigMap (JSON is YAML) that names the image of fifty services, and
 * releases a new version every ten seconds. Prints the port it listens on.
 */
const releaseEveryMs = 10_000;
const services = Array.from({ length: 50 }, (_, index) => `service-${index + 1}`);
const startedAt = Date.now();

function release(): string {
  const build = Math.floor((Date.now() - startedAt) / releaseEveryMs) + 1;
  const data = Object.fromEntries(services.map((name) => [
    name,
    JSON.stringify({
      image: `registry.example.com/team/${name}`,
      tag: `1.0.${build}`,
      replicas: 2,
      canary: false,
    }),
  ]));
  return JSON.stringify(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "release" }, data },
    null,
    2,
  );
}

async function etagOf(body: string): Promise<string> {
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)),
  );
  return `"${hash.toHex().slice(0, 16)}"`;
}

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
  async (request) => {
    if (new URL(request.url).pathname !== "/release.json") {
      return new Response(null, { status: 404 });
    }
    const body = release();
    const headers = { etag: await etagOf(body), "content-type": "application/json" };
    if (request.headers.get("if-none-match") === headers.etag) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(body, { headers });
  },
);
await server.finished;
