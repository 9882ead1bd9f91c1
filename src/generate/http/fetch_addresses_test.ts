import assert from "node:assert/strict";
import { type ErrorClass, StepError } from "../../core/step_error.ts";
import { type FetcherOptions, HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp } from "../../../tests/upstream.ts";

const fails = (errorClass: ErrorClass, state: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StepError, String(error));
  assert.match(error.message, state);
  assert.equal(error.class, errorClass);
  return true;
};

const spellings = [
  ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"],
  ...["0xa9.0xfe.0xa9.0xfe", "169.16689662", "169.254.169.254.", "①⑥⑨.②⑤④.①⑥⑨.②⑤④"],
  ...[
    "１６９。２５４。１６９。２５４",
    "%31%36%39.254.169.254",
    "user@169.254.169.254",
    "169.254.169.254\\@a",
  ],
  ...["[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[fe80::1]"],
  ...[
    "[2002:a9fe:a9fe::]",
    "[::169.254.169.254]",
    "[fd00:ec2::254]",
    "[::]",
    "0",
    "0.0.0.0",
    "0x0",
  ],
];

Deno.test("prepare() refuses a forbidden literal address in any spelling", async () => {
  await using fetcher = new HttpFetcher();
  for (const host of spellings) {
    assert.throws(
      () => fetcher.generator.prepare({ url: `http://${host}/` }),
      fails("configuration", /its address is refused: it is/),
      host,
    );
  }
});

Deno.test("prepare() refuses loopback literals unless they are allowed", async () => {
  await using fetcher = new HttpFetcher({ environment: { allowLoopback: false } });
  for (const host of ["127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:7f00:1]", "0177.1"]) {
    assert.throws(
      () => fetcher.generator.prepare({ url: `http://${host}/` }),
      fails(
        "configuration",
        /refused: it is a loopback address; --fetch-allow-loopback allows it$/,
      ),
      host,
    );
  }
  await using open = new HttpFetcher({
    environment: { allowLoopback: false },
    settings: { fetchAllowLoopback: true },
  });
  assert.equal(open.generator.prepare({ url: "http://127.1/" }).host, "127.0.0.1:80");
});

/** Fetches `http://name.example:{port of a real server}` under a resolver. */
async function fetchByName(lookup: () => readonly string[], options: FetcherOptions = {}) {
  await using upstream = await startHttp((_request, response) => void response.end("reached"));
  const environment = { lookup: () => Promise.resolve(lookup()), ...options.environment };
  await using fetcher = new HttpFetcher({ ...options, environment });
  try {
    return await fetcher.text(`http://name.example:${upstream.port}/`);
  } catch (error) {
    assert.equal(upstream.accepted, 0, "it was connected to all the same");
    throw error;
  }
}

Deno.test("fetch() refuses a name if one of its addresses is refused, whichever comes first", async () => {
  assert.equal(await fetchByName(() => ["127.0.0.1"]), "reached");
  for (const bad of ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "garbage"]) {
    for (const addresses of [["127.0.0.1", bad], [bad, "127.0.0.1"]]) {
      await assert.rejects(fetchByName(() => addresses), fails("rejected", /is refused: it is/));
    }
  }
});

Deno.test("fetch() refuses a name that leads to loopback unless it is allowed", async () => {
  const closed = { environment: { allowLoopback: false } };
  await assert.rejects(
    fetchByName(() => ["127.0.0.1"], closed),
    fails("rejected", /refused: it is a loopback address; --fetch-allow-loopback allows it$/),
  );
});

Deno.test("fetch() connects to the very address it checked, so that a rebinding name wins nothing", async () => {
  let lookups = 0;
  const rebinding = () => lookups++ === 0 ? ["127.0.0.1"] : ["169.254.169.254"];
  assert.equal(await fetchByName(rebinding), "reached");
  assert.equal(lookups, 1);
});

Deno.test("fetch() asks for the address anew with each connection of a name that rebinds", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(200, { connection: "close" }).end("reached");
  });
  let address = "127.0.0.1";
  await using fetcher = new HttpFetcher({
    environment: { lookup: () => Promise.resolve([address]) },
  });
  const url = `http://name.example:${upstream.port}/`;
  assert.equal(await fetcher.text(url), "reached");
  address = "169.254.169.254";
  await assert.rejects(fetcher.fetch(url), fails("rejected", /link-local/));
});

Deno.test("fetch() goes on to the next address of a name if one does not answer", async () => {
  assert.equal(await fetchByName(() => ["127.0.0.2", "127.0.0.1"]), "reached");
});

Deno.test("fetch() obeys the operator's networks and hosts", async () => {
  const deny = { fetchDenyCidr: ["127.0.0.0/8"] };
  const loopback = () => ["127.0.0.1"];
  await assert.rejects(
    fetchByName(loopback, { settings: deny }),
    fails("rejected", /refused: it is in a network that --fetch-deny-cidr refuses$/),
  );
  for (const allow of [{ fetchAllowCidr: ["127.0.0.1"] }, { fetchAllowHost: ["*.example"] }]) {
    assert.equal(await fetchByName(loopback, { settings: { ...deny, ...allow } }), "reached");
  }
});

Deno.test("fetch() refuses redirects to other names of a refused address", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(308, { location: "http://metadata.example/" }).end();
  });
  await using fetcher = new HttpFetcher({
    environment: { lookup: () => Promise.resolve(["100.100.100.200"]) },
  });
  await assert.rejects(
    fetcher.fetch(upstream.origin),
    fails("rejected", /cloud's metadata service$/),
  );
});

Deno.test("fetch() reaches no server of the control plane, by address or by name, on its port only", async () => {
  await using secret = await startHttp((_request, response) => void response.end("API"));
  await using other = await startHttp((_request, response) => void response.end("other"));
  const forbiddenEndpoints = [`127.0.0.1:${secret.port}`, "kubernetes.default.svc:443"];
  const lookup = () => Promise.resolve(["127.0.0.1"]);
  await using fetcher = new HttpFetcher({ environment: { forbiddenEndpoints, lookup } });
  const own = /refused: it is a server of this cluster's control plane/;
  for (
    const url of [
      secret.origin,
      "https://kubernetes.default.svc",
      "https://KUBERNETES.default.svc./",
    ]
  ) {
    assert.throws(() => fetcher.generator.prepare({ url }), fails("configuration", own), url);
  }
  await assert.rejects(
    fetcher.fetch(`http://name.example:${secret.port}`),
    fails("rejected", own),
  );
  await assert.rejects(fetcher.fetch("https://name.example/"), fails("rejected", own));
  assert.equal(secret.accepted, 0);
  assert.equal(await fetcher.text(`http://name.example:${other.port}`), "other");
});
