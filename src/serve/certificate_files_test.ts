import assert from "node:assert/strict";
import { CertificateAuthority } from "../../tests/certificate_authority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { CertificateFiles } from "./certificate_files.ts";
import type { ServerCertificate } from "./server_certificate.ts";

const authority = new CertificateAuthority();
const hosts = ["artifacts.test", "127.0.0.1"];

async function write(directory: string, { cert, key }: ServerCertificate): Promise<void> {
  await Deno.writeTextFile(`${directory}/tls.crt`, cert);
  await Deno.writeTextFile(`${directory}/tls.key`, key);
}

Deno.test("CertificateFiles takes another certificate, and not one that does not fit", async () => {
  const directory = await Deno.makeTempDir();
  const [clock, changes, problems] = [new ManualClock(), [] as string[], [] as string[]];
  const options = {
    ...{ directory, certName: "tls.crt", keyName: "tls.key", clock },
    onChange: ({ cert }: ServerCertificate) => changes.push(cert),
    onProblem: (problem: string) => problems.push(problem),
  };
  const second = async () => {
    await clock.advance(1_000);
    while (clock.pending === 0) await settle();
  };
  await assert.rejects(CertificateFiles.open(options), /no such file/);
  const [first, next] = [authority.issue({ hosts }), authority.issue({ hosts })];
  await write(directory, { cert: first.cert, key: next.key });
  await assert.rejects(CertificateFiles.open(options), /Cannot use the certificate/);
  await write(directory, first);
  const files = await CertificateFiles.open(options);
  assert.deepEqual(files.current, first);
  assert.deepEqual(files.trust, { serverName: "artifacts.test", caCerts: [first.cert] });
  await write(directory, { cert: first.cert, key: next.key });
  await second();
  await second();
  assert.deepEqual(files.current, first);
  assert.equal(problems.length, 1);
  await write(directory, next);
  await second();
  assert.deepEqual(files.current, next);
  assert.deepEqual(changes, [next.cert]);
  await files.close();
  assert.equal(clock.pending, 0);
  await Deno.writeTextFile(`${directory}/ca.crt`, authority.pem);
  const again = await CertificateFiles.open(options);
  assert.deepEqual(again.trust.caCerts, [authority.pem]);
  await again.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("CertificateFiles asks other replicas for a name that their wildcard covers", async () => {
  const directory = await Deno.makeTempDir();
  await write(directory, authority.issue({ hosts: ["*.artifacts.test", "artifacts.test"] }));
  const files = await CertificateFiles.open({
    ...{ directory, certName: "tls.crt", keyName: "tls.key", clock: new ManualClock() },
    onChange: () => assert.fail("it did not change"),
    onProblem: assert.fail,
  });
  assert.equal(files.trust.serverName, "replica.artifacts.test");
  await files.close();
  await Deno.remove(directory, { recursive: true });
});
