import assert from "node:assert/strict";
import { billOfMaterials } from "./bill_of_materials.ts";

const integrity = `sha512-${btoa("abc")}`;
const hashes = [{ alg: "SHA-512", content: "616263" }];

Deno.test("billOfMaterials() names each locked package once, with its hash", () => {
  const made = billOfMaterials({ name: "program", version: "1.2.3" }, {
    "@scope/a@1.0.0": { integrity },
    "b@2.0.0-rc.1_ws@8.0.0": { integrity },
    "b@2.0.0-rc.1_ws@8.1.0": { integrity },
  });
  const [a, b] = ["pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0-rc.1"];
  assert.deepEqual(made, {
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    metadata: { component: { type: "application", name: "program", version: "1.2.3" } },
    components: [
      { type: "library", "bom-ref": a, name: "@scope/a", version: "1.0.0", purl: a, hashes },
      { type: "library", "bom-ref": b, name: "b", version: "2.0.0-rc.1", purl: b, hashes },
    ],
  });
});

Deno.test("billOfMaterials() reads the lock of this project", async () => {
  const { npm } = JSON.parse(await Deno.readTextFile(new URL("../../deno.lock", import.meta.url)));
  const { components } = billOfMaterials({ name: "p", version: "1" }, npm) as {
    readonly components: readonly { readonly name: string; readonly purl: string }[];
  };
  const names = components.map(({ name }) => name);
  for (const name of ["undici", "@kubernetes/client-node"]) assert.ok(names.includes(name), name);
  for (const { purl } of components) assert.match(purl, /^pkg:npm\/[^@]+@\d+\.\d+\.\d+[^_]*$/);
});
