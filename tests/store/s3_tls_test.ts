import { strict as assert } from "node:assert";
import { s3 } from "../../src/store/s3.ts";
import { CertificateAuthority } from "../certificate_authority.ts";
import { bytesOf, packedFile, readKey } from "../contract/store_fixtures.ts";
import { ManualClock } from "../manual_clock.ts";
import { S3Server } from "../s3_server.ts";
import { s3Values } from "./s3_values.ts";

/** The server behind TLS, which ends here: what is tested is the client's side. */
async function withTls(
  hosts: readonly string[],
  body: (place: { url: string; authority: CertificateAuthority }) => Promise<void>,
): Promise<void> {
  await using server = await S3Server.start();
  await server.makeBucket("artifacts");
  const authority = new CertificateAuthority();
  const { key, cert } = authority.issue({ hosts });
  const target = new URL(server.url);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, key, cert });
  const open = new Set<Deno.Conn>();
  const serve = async (client: Deno.TlsConn) => {
    const upstream = await Deno.connect({ hostname: target.hostname, port: Number(target.port) });
    for (const each of [client, upstream]) open.add(each);
    await Promise.all([
      client.readable.pipeTo(upstream.writable),
      upstream.readable.pipeTo(client.writable),
    ]).catch(() => {});
  };
  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const client of listener) serving.push(serve(client));
  })();
  try {
    await body({ url: `https://127.0.0.1:${listener.addr.port}`, authority });
  } finally {
    listener.close();
    await accepting;
    for (const each of open) {
      try {
        each.close();
      } catch {
        // Its stream has closed it.
      }
    }
    await Promise.all(serving);
  }
}

Deno.test("S3Store trusts the authority of S3_CA_FILE and no unknown one", async () => {
  const directory = await Deno.makeTempDir();
  await withTls(["127.0.0.1"], async ({ url, authority }) => {
    const s3CaFile = `${directory}/ca.pem`;
    await Deno.writeTextFile(s3CaFile, authority.pem);
    const values = s3Values({ s3Endpoint: url, s3Bucket: "artifacts" });
    const { key, artifact } = await packedFile(directory, bytesOf(1, 9_000_000));
    const trusting = await s3.open({ ...values, s3CaFile }, new ManualClock());
    const strict = await s3.open(values, new ManualClock());
    try {
      await trusting.put(key, artifact);
      assert.deepEqual(await readKey(trusting, key), bytesOf(1, 9_000_000));
      await assert.rejects(strict.open(key), /certificate is not trusted; set S3_CA_FILE/);
      assert.equal(await trusting.links?.anonymousRead(), undefined, "consumers do not trust it");
    } finally {
      await trusting.close();
      await strict.close();
    }
  });
  await Deno.remove(directory, { recursive: true });
});
