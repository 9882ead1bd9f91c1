import assert from "node:assert/strict";
import { CheckedDocument } from "../tests/checked_document.ts";

const page = await CheckedDocument.read("docs/troubleshooting.md");

/** What Flux, Kubernetes and resolvers say. */
const ofOthers = [
  ...["AccessDenied", "ArtifactFailed", "ExternalArtifact feature gate is disabled", "Applied"],
  ...["Fetching manifests for revision", "Source is not ready, artifact not found"],
  ...["no such host", "i/o timeout", "path not found"],
  ...["ImagePullBackOff", "OOMKilled", "Pending"],
  ...["updates to statefulset spec for fields other than", "are forbidden"],
];

async function* codeBelow(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* codeBelow(new URL(`${name}/`, folder));
    else if (/(?<!_test)\.ts$/.test(name)) yield Deno.readTextFile(new URL(name, folder));
  }
}

/** Rows of the tables, by the title of their section. */
function symptoms(): { readonly section: string; readonly symptom: string }[] {
  return page.text.split("\n## ").slice(1).flatMap((part) => {
    const [section = ""] = part.split("\n");
    const rows = [...part.matchAll(/^\| ([^|]*)\|/gm)].map(([, symptom]) => symptom!.trim());
    return rows.filter((row) => !/^(-+|symptom|reason)$/.test(row))
      .map((symptom) => ({ section, symptom }));
  });
}

/** What a row quotes, without the parts that are different each time. */
function quotesOf(symptom: string): string[] {
  return [...symptom.matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text!.split("…"))
    .map((text) => text.replaceAll(/^[\s:"]+|[\s:"]+$/g, "")).filter((text) => text !== "");
}

Deno.test("every reason and message that docs/troubleshooting.md quotes is one of the program's, or of those named here", async () => {
  const code = (await Array.fromAsync(codeBelow(new URL("../src/", import.meta.url)))).join("\n");
  const rows = symptoms();
  assert.ok(rows.length > 45, `${rows.length}`);
  const quotes = rows.flatMap(({ symptom }) => quotesOf(symptom));
  const isReason = (text: string) => /^[A-Z][A-Za-z]+$/.test(text);
  const isMessage = (text: string) => text.includes(" ") && !text.includes("=");
  const told = quotes.filter((text) => isReason(text) || isMessage(text));
  assert.ok(told.length > 35, `${told.length}`);
  const isOurs = (text: string) => code.includes(isReason(text) ? `"${text}"` : text);
  const unknown = told.filter((text) => !isOurs(text) && !ofOthers.includes(text));
  assert.deepEqual(unknown, []);
  assert.deepEqual(ofOthers.filter((text) => !quotes.includes(text)), []);
});

Deno.test("every reason of a condition that tells of trouble is in docs/troubleshooting.md", async () => {
  const reference = await CheckedDocument.read("docs/reference/externalsource.md");
  const rows = reference.text.matchAll(
    /^\| `(?:Ready|Reconciling|Stalled)` *\| `(?:False|True|Unknown)` *\| `(\w+)`/gm,
  );
  const harmless = ["Succeeded", "Progressing", "ProgressingWithRetry", "Suspended"];
  const reasons = [...rows].map(([, reason]) => reason!).filter((each) => !harmless.includes(each));
  assert.ok(reasons.length > 10, `${reasons}`);
  assert.deepEqual(reasons.filter((each) => !page.text.includes(`\`${each}\``)), []);
});
