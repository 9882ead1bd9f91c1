import assert from "node:assert/strict";
import { buildKustomization, findManifest, type Manifest, renderChart } from "../chart/programs.ts";
import { overlays } from "../chart/renderings.ts";
import { CheckedDocument } from "../checked_document.ts";

const page = await CheckedDocument.read("docs/install.md");

/** The cells of the rows of a section's only table. */
function tableOf(section: string): string[][] {
  const [, part = ""] = page.text.split(`\n## ${section}\n`);
  const [text = ""] = part.split("\n## ");
  const rows = text.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

const namesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

Deno.test("docs/install.md names every overlay, and how many replicas each has", async () => {
  const rows = tableOf("With kustomize");
  const told = rows.map(([name = "", replicas = ""]) => [namesIn(name)[0]!, Number(replicas)]);
  const real = await Promise.all(
    overlays.filter((name) => name !== "overlays/e2e").map(async (name) => {
      const { spec } = findManifest(await buildKustomization(name), "StatefulSet");
      return [name.replace("overlays/", ""), spec.replicas];
    }),
  );
  assert.deepEqual(told.sort(), real.sort());
});

Deno.test("what docs/install.md says is installed is what kustomize and helm render", async () => {
  const fullname = "externalsource-flux-externalsource-controller";
  const enabled = ["networkPolicy.enabled=true", "podDisruptionBudget.enabled=true"];
  const renderings = [
    await buildKustomization("overlays/pvc"),
    await renderChart({ set: enabled }),
  ];
  const namesOf = (manifests: readonly Manifest[]) =>
    manifests.map(({ metadata }) => metadata.name);
  const rows = tableOf("What is installed");
  assert.ok(rows.length >= 12, `${rows.length}`);
  for (const [kinds = "", ...cells] of rows) {
    for (const [index, cell] of cells.entries()) {
      const known = namesOf(renderings[index]!);
      const told = namesIn(cell).map((name) => name.replace("{fullname}", fullname))
        .filter((name) => /^externalsource[a-z]*[-.][a-z-]*/.test(name));
      // Of settings that a user makes the chart has none, and its StatefulSet's name is cut.
      const ofOthers = ["externalsource-controller-config", `${fullname}-manager`];
      const unknown = told.filter((name) => !known.includes(name) && !ofOthers.includes(name));
      assert.deepEqual(unknown, [], `${kinds}: ${cell}`);
    }
  }
});

Deno.test("ports that docs/install.md names are those of the containers", async () => {
  const { spec } = findManifest(await buildKustomization("base"), "StatefulSet").spec.template;
  const ports = spec.containers.flatMap(({ ports }: Manifest) =>
    ports.map(({ containerPort }: Manifest) => containerPort)
  );
  const line = page.text.split("\n").find((each) => each.startsWith("The containers are"));
  assert.deepEqual([...line!.matchAll(/\b\d{4}\b/g)].map(([port]) => Number(port)), ports);
});
