import { parseAllDocuments, stringify } from "yaml";
import { externalSourceApiVersion, externalSourceKind } from "../../src/core/api_names.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";

const crdFile = new URL("../../manifests/crd/externalsources.yaml", import.meta.url);

const generator = { type: "http", http: { url: "http://127.0.0.1:9/document" } };

/**
 * Objects that no CRD of ours would take, by name, and the reason that each gets; undefined: its status cannot be written,
 * because an API server lets wrong fields pass that do not change, but no wrong operand of a CEL rule.
 */
const malformed: Readonly<Record<string, readonly [object: object, reason: string | undefined]>> = {
  "interval-dots": [{ spec: { interval: "1..5m", generator } }, "InvalidInterval"],
  "interval-huge": [{ spec: { interval: "9e99h", generator } }, "InvalidInterval"],
  "interval-negative": [{ spec: { interval: "-1s", generator } }, "InvalidInterval"],
  "interval-number": [{ spec: { interval: 5, generator } }, "InvalidInterval"],
  "no-spec": [{}, "InvalidSpec"],
  "empty-spec": [{ spec: {} }, "InvalidSpec"],
  "spec-text": [{ spec: "text" }, "InvalidSpec"],
  "spec-list": [{ spec: [1] }, "InvalidSpec"],
  "generator-number": [{ spec: { interval: "1m", generator: 5 } }, undefined],
  "generator-unknown": [{ spec: { interval: "1m", generator: { type: "ftp" } } }, "InvalidSpec"],
  "path-number": [{ spec: { interval: "1m", generator, destinationPath: 5 } }, "InvalidSpec"],
  "status-text": [{ spec: { interval: "1h", generator }, status: "text" }, "FetchFailed"],
  "status-conditions": [
    {
      spec: { interval: "1h", generator },
      status: { conditions: "x", artifact: 7, failures: "1" },
    },
    "FetchFailed",
  ],
};

/** The name of each malformed source and the reason of its Ready. */
export const malformedReasons: readonly (readonly [name: string, reason: string | undefined])[] =
  Object.entries(malformed).map(([name, [, reason]]) => [name, reason]);

/** Stores them as an older CRD would have let them in: under one that checks nothing; then the real one is back. */
export async function storeMalformedSources(
  plane: ControlPlane,
  namespace: string,
): Promise<void> {
  const apply = (text: string) =>
    plane.kubectl(["apply", "--server-side", "--force-conflicts", "--filename", "-"], text);
  const real = await Deno.readTextFile(crdFile);
  await plane.kubectl(["replace", "--filename", "-"], withoutValidation(real));
  try {
    const items = Object.entries(malformed).map(([name, [object]]) => ({
      apiVersion: externalSourceApiVersion,
      kind: externalSourceKind,
      metadata: { name, namespace },
      ...object,
    }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    // The API server takes a moment to check by the new schema.
    while (
      !(await plane.kubectl(["create", "--filename", "-"], list).then(() => true, () => false))
    ) {
      await plane.kubectl(["delete", "externalsources", "--all", "--namespace", namespace]);
    }
  } finally {
    await apply(real);
  }
}

/** The CRD with a schema that takes anything, and no subresource that would drop a status. */
function withoutValidation(crd: string): string {
  return parseAllDocuments(crd).map((document) => {
    const definition = document.toJS();
    for (const version of definition.spec.versions) {
      const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
      version.schema = { openAPIV3Schema: anything };
      delete version.subresources;
    }
    return stringify(definition);
  }).join("---\n");
}
