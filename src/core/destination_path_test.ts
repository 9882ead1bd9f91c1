import assert from "node:assert/strict";
import { resolveDestinationPath } from "./destination_path.ts";
import { StepError } from "./step_error.ts";

const url = "https://example.test/api/v1/release%20notes.json?token=secret";

const accepted: readonly { wanted: string | undefined; path: string }[] = [
  { wanted: undefined, path: "data" },
  { wanted: "", path: "data" },
  { wanted: ".", path: "data" },
  { wanted: "/", path: "data" },
  { wanted: "./", path: "data" },
  { wanted: "a.json", path: "a.json" },
  { wanted: "./a", path: "a" },
  { wanted: "a//b", path: "a/b" },
  { wanted: "/a/./b", path: "a/b" },
  { wanted: "a..b", path: "a..b" },
  { wanted: "..a/b", path: "..a/b" },
  { wanted: "a b/ü.yaml", path: "a b/ü.yaml" },
  { wanted: "conf/", path: "conf/release notes.json" },
  { wanted: "ü".repeat(127), path: "ü".repeat(127) },
  { wanted: `${"a".repeat(255)}/b`, path: `${"a".repeat(255)}/b` },
];

for (const { wanted, path } of accepted) {
  Deno.test(`resolveDestinationPath() makes ${JSON.stringify(path).slice(0, 40)} of ${JSON.stringify(wanted)?.slice(0, 40)}`, () => {
    assert.equal(resolveDestinationPath(wanted, url), path);
  });
}

const refused: readonly { wanted: string; reason: RegExp }[] = [
  { wanted: "..", reason: /segment is "\.\."/ },
  { wanted: "a/../b", reason: /segment is "\.\."/ },
  { wanted: "../../etc/passwd", reason: /segment is "\.\."/ },
  { wanted: "foo../bar", reason: /contains "\.\.\/"/ },
  { wanted: "a\\b", reason: /backslash/ },
  { wanted: "a\nb", reason: /control character/ },
  { wanted: "a\u0000b", reason: /control character/ },
  { wanted: "a\u0085b", reason: /control character/ },
  { wanted: "a\ud800", reason: /not valid UTF-8/ },
  { wanted: "a".repeat(256), reason: /longer than 255 bytes/ },
  { wanted: "ü".repeat(128), reason: /longer than 255 bytes/ },
  { wanted: Array(6).fill("a".repeat(200)).join("/"), reason: /longer than 1024 bytes/ },
];

for (const { wanted, reason } of refused) {
  Deno.test(`resolveDestinationPath() refuses ${JSON.stringify(wanted).slice(0, 40)}`, () => {
    assert.throws(
      () => resolveDestinationPath(wanted, url),
      (error) =>
        error instanceof StepError && error.class === "configuration" &&
        error.reason === "InvalidPath" && reason.test(error.message),
    );
  });
}

const fileNames: readonly { finalUrl: string; path: string }[] = [
  { finalUrl: "https://example.test/", path: "d/data" },
  { finalUrl: "https://example.test/x/", path: "d/data" },
  { finalUrl: "https://example.test/a%2Fb", path: "d/data" },
  { finalUrl: "https://example.test/%2e%2e%2fb", path: "d/data" },
  { finalUrl: "https://example.test/%2525", path: "d/%25" },
  { finalUrl: "https://example.test/%ff", path: "d/data" },
  { finalUrl: "https://example.test/a%5cb", path: "d/data" },
  { finalUrl: "https://example.test/a%00", path: "d/data" },
  { finalUrl: `https://example.test/${"a".repeat(256)}`, path: "d/data" },
  { finalUrl: "https://example.test/a%20b.yaml#frag", path: "d/a b.yaml" },
];

for (const { finalUrl, path } of fileNames) {
  Deno.test(`resolveDestinationPath() names a file in a directory after ${finalUrl.slice(0, 60)}`, () => {
    assert.equal(resolveDestinationPath("d/", finalUrl), path);
  });
}
