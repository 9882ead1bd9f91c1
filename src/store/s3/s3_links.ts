import { PutObjectCommand } from "@aws-sdk/client-s3";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import type { ArtifactLinks } from "../artifact_store.ts";
import { s3PublicUrl } from "./s3_place.ts";
import type { S3Session } from "./s3_session.ts";
import { judgeAnonymousRead, readAnonymously } from "./s3_url_mode.ts";

/** Where artifacts are, because a bucket's policy may speak of `artifacts/*` only; no key, so never listed. */
const probeKey = "artifacts/.probe";
const probeText = "whether anybody can read this bucket\n";

/** URLs of a bucket's own. With credentials that expire a signed one ends with them, if that is sooner. */
export class S3Links implements ArtifactLinks {
  readonly #session: S3Session;
  readonly #expirySeconds: number;

  constructor(session: S3Session, expiryMs: number) {
    this.#session = session;
    this.#expirySeconds = Math.floor(expiryMs / 1_000);
  }

  publicUrl(key: string): string {
    return s3PublicUrl(this.#session.place, key);
  }

  signedUrl(key: string, method: "GET" | "HEAD"): Promise<string> {
    const attempt = { action: `Cannot sign a URL of "${key}"`, permission: "s3:GetObject" };
    return this.#session.attempt(attempt, async (client) => {
      const url = new URL(this.publicUrl(key));
      const file = key.slice(key.lastIndexOf("/") + 1);
      const presigner = new S3RequestPresigner({ ...client.config, uriEscapePath: false });
      const signed = await presigner.presign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === "" ? {} : { port: Number(url.port) }),
        path: url.pathname,
        headers: {},
        query: {
          "response-content-type": "application/gzip",
          "response-content-disposition": `attachment; filename="${file}"`,
        },
      }, { expiresIn: this.#expirySeconds });
      // Not through `searchParams`, which reads the whole URL anew for each of them.
      url.search = Object.entries(signed.query ?? {})
        .map((pair) => pair.map((text) => encodeURIComponent(String(text))).join("="))
        .join("&");
      return url.href;
    });
  }

  async anonymousRead(): Promise<boolean | undefined> {
    const attempt = { action: "Cannot write the probe object", permission: "s3:PutObject" };
    await this.#session.attempt(attempt, (client) => {
      const object = this.#session.objectName(probeKey);
      const Body = new TextEncoder().encode(probeText);
      return client.send(new PutObjectCommand({ ...object, Body, ContentType: "text/plain" }));
    });
    return judgeAnonymousRead(await readAnonymously(this.publicUrl(probeKey), probeText));
  }
}
