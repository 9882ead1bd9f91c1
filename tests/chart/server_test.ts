import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { runCommand } from "../run_command.ts";
import { monitorKinds } from "./monitor_kinds.ts";
import {
  buildKustomization,
  chartArguments,
  containerOf,
  findManifest,
  type Manifest,
  renderChart,
  runProgram,
} from "./programs.ts";
import {
  chartInstallations,
  chartOfGoValues,
  type Installation,
  kustomizations,
} from "./renderings.ts";

const cluster = fileURLToPath(new URL("../cluster", import.meta.url));
const restricted = "pod-security.kubernetes.io/enforce=restricted";
const namespaces = ["flux-system", "externalsource-e2e", "monitoring"];

/** As JSON: kubectl reads YAML 1.1, in which `yes` is a boolean. */
const stream = (items: readonly Manifest[]) =>
  JSON.stringify({ apiVersion: "v1", kind: "List", items });

/** A real API server with the kinds of Flux and of Prometheus, and namespaces that refuse what is not restricted. */
async function startPlane(): Promise<ControlPlane> {
  const plane = await startControlPlane();
  try {
    const script = `here=${cluster}; . "$here/env.sh"; echo "$cache/crds"`;
    const crds = await runCommand("sh", { args: ["-c", script] });
    await plane.kubectl(["apply", "--server-side", "--filename", crds]);
    await plane.kubectl(["create", "--filename", "-"], stream(monitorKinds));
    await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
    for (const name of namespaces) {
      await plane.kubectl(["create", "namespace", name]);
      await plane.kubectl(["label", "namespace", name, restricted]);
    }
    return plane;
  } catch (error) {
    await plane.close();
    throw error;
  }
}

/** Server-side, as Flux and helm apply: stricter than kubectl's own way, which takes a name twice in a list. */
const dryRun = [
  ...["apply", "--dry-run=server", "--server-side", "--force-conflicts", "--validate=strict"],
  ...["--filename", "-"],
];

/** The pod that a StatefulSet would make: only pods are held to the security level of a namespace. */
function podOf({ metadata, spec }: Manifest): Manifest {
  const { template, volumeClaimTemplates = [] } = spec;
  const volumes = volumeClaimTemplates.map(({ metadata: { name } }: Manifest) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-0` },
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, namespace: metadata.namespace, name: `${metadata.name}-0` },
    spec: { ...template.spec, volumes: [...template.spec.volumes, ...volumes] },
  };
}

/** Those that have not been sent before: most objects of two installations are the same. */
function unseen(manifests: readonly Manifest[], seen: Set<string>): Manifest[] {
  return manifests.filter((each) => seen.size < seen.add(JSON.stringify(each)).size);
}

async function checkInstallation(
  plane: ControlPlane,
  { name, manifests }: Installation,
  seen: Set<string>,
) {
  const sent = unseen([...manifests, podOf(findManifest(manifests, "StatefulSet"))], seen);
  try {
    const answer = await plane.kubectl(dryRun, stream(sent));
    assert.equal(answer.split("\n").length, sent.length, answer);
  } catch (error) {
    throw new Error(name, { cause: error });
  }
}

/** Pods are refused without their ServiceAccount, also where nothing is kept. */
async function makeAccounts(plane: ControlPlane, installations: readonly Installation[]) {
  const accounts = installations.flatMap(({ manifests }) =>
    manifests.filter(({ kind }) => kind === "ServiceAccount")
  );
  await plane.kubectl(
    ["apply", "--server-side", "--force-conflicts", "--filename", "-"],
    stream(accounts),
  );
}

async function expectRefusedPod(plane: ControlPlane, manifest: Manifest) {
  const pod = podOf(manifest);
  pod.spec.containers[0].securityContext = { allowPrivilegeEscalation: true };
  await assert.rejects(
    plane.kubectl(dryRun, stream([pod])),
    /violates PodSecurity "restricted/,
  );
}

const claim = {
  metadata: { name: "artifact-storage" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
};

/** A StatefulSet of 0.2.0, in memory or with a volume: what of it cannot be changed, by COMPATIBILITY §10 and §11. */
function goStatefulSet(
  { spec, metadata }: Manifest,
  volumeClaimTemplates: readonly Manifest[],
): Manifest {
  const labels = spec.selector.matchLabels;
  const containers = [{ name: "manager", image: "manager", command: ["/manager"] }];
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: metadata.name, namespace: metadata.namespace },
    spec: {
      serviceName: "externalsource-artifacts",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      volumeClaimTemplates,
    },
  };
}

interface Upgrade {
  /** What becomes ours, and what does not. */
  readonly to: Manifest;
  readonly notTo: Manifest;
  readonly claims: readonly Manifest[];
}

async function checkUpgrade(plane: ControlPlane, { to, notTo, claims }: Upgrade) {
  const old = stream([goStatefulSet(to, claims)]);
  await plane.kubectl(["apply", "--filename", "-"], old);
  // As `kubectl apply -k` and helm do: what is not named any more is taken away.
  const threeWay = ["apply", "--dry-run=server", "--filename", "-"];
  for (const way of [dryRun, threeWay]) await plane.kubectl(way, stream([to]));
  const other = { ...to, spec: { ...to.spec, serviceName: "other" } };
  for (const refused of [other, notTo]) {
    await assert.rejects(
      plane.kubectl(threeWay, stream([refused])),
      /Forbidden: updates to statefulset/,
    );
  }
  await plane.kubectl(["delete", "--filename", "-"], old);
}

/** Upgrades a release of the values of 0.2.0 to ours, as users are told to. */
async function checkHelm(plane: ControlPlane, oldChart: string) {
  const set = ["--kubeconfig", plane.kubeconfig];
  const release = "shipped";
  const storage = ["--set", "controller.storage.backend=pvc"];
  // Helm takes over nothing that it has not made.
  const crd = ["customresourcedefinition", "externalsources.source.flux.oddkin.co"];
  await plane.kubectl(["delete", ...crd]);
  const old = chartArguments({ release, chart: oldChart });
  await runProgram("helm", ["install", ...old, ...storage, ...set]);
  await runProgram("helm", ["upgrade", ...chartArguments({ release }), ...set, "--reuse-values"]);
  const found = await plane.kubectl(["get", "statefulsets", "-n", "flux-system", "-o", "json"]);
  const [statefulSet] = JSON.parse(found).items;
  assert.equal(statefulSet.spec.volumeClaimTemplates.length, 1);
  assert.equal(containerOf(statefulSet).resources.limits.memory, "512Mi");
  assert.equal(statefulSet.spec.template.spec.terminationGracePeriodSeconds, 60);
  await runProgram("helm", ["uninstall", release, "-n", "flux-system", ...set]);
  await plane.kubectl(["get", ...crd]);
}

Deno.test("an API server takes everything that chart and kustomizations render, and admits their pods as restricted", async (test) => {
  const plane = await startPlane();
  try {
    const installations = [...await kustomizations(), ...await chartInstallations()];
    await makeAccounts(plane, installations);
    const seen = new Set<string>();
    for (const installation of installations) {
      await test.step(installation.name, () => checkInstallation(plane, installation, seen));
    }
    const [base] = installations;
    await test.step("a pod that is not restricted is refused", () =>
      expectRefusedPod(plane, findManifest(base!.manifests, "StatefulSet")));
    await test.step("the samples", async () => {
      await plane.kubectl(dryRun, stream(await buildKustomization("samples")));
    });
    await test.step("StatefulSets of 0.2.0 become ours", async () => {
      const set = ["controller.storage.backend=pvc"];
      const renderings = [
        [await renderChart(), await renderChart({ set })],
        [await buildKustomization("base"), await buildKustomization("overlays/pvc")],
      ];
      for (const pair of renderings) {
        const [memory, pvc] = pair.map((each) => findManifest(each, "StatefulSet"));
        await checkUpgrade(plane, { to: memory!, notTo: pvc!, claims: [] });
        await checkUpgrade(plane, { to: pvc!, notTo: memory!, claims: [claim] });
      }
    });
    await test.step("helm upgrades a release of 0.2.0 that reuses its values, and uninstalls all but the definition", async () => {
      const oldChart = await chartOfGoValues();
      await checkHelm(plane, oldChart);
      await Deno.remove(oldChart, { recursive: true });
    });
  } finally {
    await plane.close();
  }
});
