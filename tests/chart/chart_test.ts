import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { controllerSettings } from "../../src/cli/operator_settings.ts";
import { parseSettings } from "../../src/config/parse_settings.ts";
import { type ChartValue, readChartValues } from "../gen/chart_values.ts";
import {
  chartArguments,
  chartDirectory,
  containerOf,
  findManifest,
  type Manifest,
  renderChart,
  runProgram,
  variablesOf,
} from "./programs.ts";
import { chartOfGoValues } from "./renderings.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const readYaml = async (path: string) => parse(await Deno.readTextFile(path));
const examples = [...Deno.readDirSync(`${chartDirectory}/examples`)].map(({ name }) => name);

const statefulSetOf = async (...set: string[]) =>
  findManifest(await renderChart({ set }), "StatefulSet");

/** What is set as a whole, and what is below it. */
const ofKubernetes = /(\.(?:resources|securityContext|containerSecurityContext))\..*$/;

const fullname = "externalsource-flux-externalsource-controller";

Deno.test("helm lint finds nothing in the chart with any of its documented values", async () => {
  const files = examples.map((name) => `${chartDirectory}/examples/${name}`);
  for (const values of [[], ...files.map((name) => ["--values", name])]) {
    const report = await runProgram("helm", ["lint", "--strict", chartDirectory, ...values]);
    assert.match(report, /1 chart\(s\) linted, 0 chart\(s\) failed/);
    assert.doesNotMatch(report, /\[(WARNING|ERROR)\]/);
  }
});

Deno.test("the chart has the version of the program", async () => {
  const chart = await readYaml(`${chartDirectory}/Chart.yaml`);
  const { version } = JSON.parse(await Deno.readTextFile(file("../../deno.json")));
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

Deno.test("the chart keeps the names of 0.2.0", async () => {
  const manifests = await renderChart({ set: ["metrics.serviceMonitor.enabled=true"] });
  const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const kept = [
    "Service/externalsource-artifacts",
    `Service/${fullname}-metrics`,
    `ConfigMap/${fullname}-hook-whitelist`,
    `ServiceAccount/${fullname}-manager`,
    `ClusterRole/${fullname}-manager-role`,
    `ClusterRoleBinding/${fullname}-manager-rolebinding`,
    `Role/${fullname}-leader-election-role`,
    `RoleBinding/${fullname}-leader-election-rolebinding`,
    `ServiceMonitor/${fullname}`,
    "CustomResourceDefinition/externalsources.source.flux.oddkin.co",
  ];
  assert.deepEqual(kept.filter((name) => !names.includes(name)), []);
  const chartName = "flux-externalsource-controller";
  const short = findManifest(await renderChart({ release: chartName }), "StatefulSet");
  assert.equal(short.metadata.name, `${chartName}-manager`);
});

Deno.test("the chart gives the StatefulSet a name that leaves room for the label of a pod's revision", async () => {
  for (const release of ["externalsource", "a".repeat(44), "a".repeat(53)]) {
    const { metadata } = findManifest(await renderChart({ release }), "StatefulSet");
    assert.ok(`${metadata.name}-0123456789`.length <= 63, metadata.name);
    assert.match(metadata.name, /[a-z]-manager$/);
  }
});

Deno.test("every Service of the chart has a name that a Service may have, with releases of any length", async () => {
  const namesOf = (manifests: readonly Manifest[]) =>
    manifests.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
  const long = "a".repeat(63);
  const cases = [
    ...[24, 25, 26, 53].map((length) => ({ release: "a".repeat(length) })),
    ...["nameOverride", "fullnameOverride"].map((key) => ({ set: [`${key}=${long}`] })),
  ];
  for (const rendering of cases) {
    const names: string[] = namesOf(await renderChart(rendering));
    assert.equal(new Set(names).size, 3, names.join());
    for (const name of names) assert.match(name, /^[a-z][-a-z0-9]{0,61}[a-z0-9]$/);
  }
});

Deno.test("the chart keeps what cannot be changed in a StatefulSet, with every store", async () => {
  for (const backend of ["memory", "pvc", "s3", "redis"]) {
    const { spec } = await statefulSetOf(`controller.storage.backend=${backend}`);
    assert.equal(spec.serviceName, "externalsource-artifacts");
    assert.equal(spec.podManagementPolicy, undefined);
    assert.deepEqual(spec.selector, {
      matchLabels: {
        "app.kubernetes.io/name": "flux-externalsource-controller",
        "app.kubernetes.io/instance": "externalsource",
        "app.kubernetes.io/component": "manager",
      },
    });
    const claims = [{
      metadata: { name: "artifact-storage" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
    }];
    assert.deepEqual(spec.volumeClaimTemplates, backend === "pvc" ? claims : undefined);
  }
});

Deno.test("a shared claim takes the place of the volumes of pods", async () => {
  const shared = "controller.storage.pvc.existingClaim=shared";
  const { spec } = await statefulSetOf("controller.storage.backend=pvc", shared);
  assert.equal(spec.volumeClaimTemplates, undefined);
  const volume = spec.template.spec.volumes.find((each: Manifest) =>
    each.name === "artifact-storage"
  );
  assert.deepEqual(volume.persistentVolumeClaim, { claimName: "shared" });
});

Deno.test("URLs name the pod for one replica with a store of its own, else the Service in front", async () => {
  const pod = ["pod", "externalsource-artifacts"];
  const service = ["service", `${fullname}-gateway`];
  const cases: [readonly string[], readonly string[]][] = [
    [[], pod],
    [["controller.storage.backend=pvc"], pod],
    [["controller.replicas=2"], service],
    [["controller.storage.backend=s3"], service],
    [["controller.storage.backend=redis"], service],
    [["controller.storage.backend=pvc", "controller.storage.pvc.existingClaim=x"], service],
    [["controller.replicas=2", "controller.artifactUrlMode=pod"], pod],
  ];
  for (const [set, expected] of cases) {
    const manifests = await renderChart({ set });
    const container = containerOf(findManifest(manifests, "StatefulSet"));
    const { ARTIFACT_URL_MODE: mode, SERVICE_NAME: name } = variablesOf(container);
    assert.deepEqual([mode, name], expected, set.join());
    const { spec } = findManifest(manifests, "Service", name);
    assert.equal(spec.clusterIP === "None", mode === "pod");
  }
});

Deno.test("every Service of the chart leads to a port of the pods that it selects", async () => {
  const manifests = await renderChart();
  const { labels } = findManifest(manifests, "StatefulSet").spec.template.metadata;
  const { ports } = containerOf(findManifest(manifests, "StatefulSet"));
  const services = manifests.filter(({ kind }) => kind === "Service");
  assert.equal(services.length, 3);
  for (const { spec } of services) {
    assert.deepEqual({ ...labels, ...spec.selector }, labels);
    assert.ok(ports.some(({ name }: Manifest) => name === spec.ports[0].targetPort));
  }
  const headless = services.find(({ spec }) => spec.clusterIP === "None")!;
  assert.equal(headless.spec.publishNotReadyAddresses, true);
});

Deno.test("the token of the ServiceAccount is mounted in the container manager alone", async () => {
  const { spec } = (await statefulSetOf()).spec.template;
  assert.equal(spec.automountServiceAccountToken, false);
  const projected = spec.volumes.filter(({ projected }: Manifest) => projected);
  assert.deepEqual(projected.map(({ name }: Manifest) => name), ["api-access"]);
  const holders = spec.containers.filter(({ volumeMounts }: Manifest) =>
    volumeMounts.some(({ name }: Manifest) => name === "api-access")
  );
  assert.deepEqual(holders.map(({ name }: Manifest) => name), ["manager"]);
});

Deno.test("the token of hooks is in memory, and the sidecar cannot write it", async () => {
  const set = await statefulSetOf();
  const volume = set.spec.template.spec.volumes.find(({ name }: Manifest) => name === "hook-token");
  assert.equal(volume.emptyDir.medium, "Memory");
  const mountOf = (name?: string) =>
    containerOf(set, name).volumeMounts.find(({ name }: Manifest) => name === "hook-token");
  assert.equal(mountOf().readOnly, undefined);
  assert.equal(mountOf("externalsource-hook-executor").readOnly, true);
});

Deno.test("without the sidecar nothing of it is left", async () => {
  const manifests = await renderChart({ set: ["controller.hookExecutor.enabled=false"] });
  const { containers, volumes } = findManifest(manifests, "StatefulSet").spec.template.spec;
  assert.deepEqual(containers.map(({ name }: Manifest) => name), ["manager"]);
  const hooks = [...volumes, ...containers[0].volumeMounts].filter(({ name }: Manifest) =>
    name.startsWith("hook-")
  );
  assert.deepEqual(hooks, []);
  assert.equal(variablesOf(containers[0])["HOOK_TOKEN_FILE"], undefined);
});

Deno.test("a network policy without rules admits artifacts, probes and metrics, and keeps from metadata services", async () => {
  const manifests = await renderChart({ set: ["networkPolicy.enabled=true"] });
  const { ingress, egress } = findManifest(manifests, "NetworkPolicy").spec;
  const admitted = ingress.flatMap(({ ports }: Manifest) =>
    ports.map(({ port }: Manifest) => port)
  );
  assert.deepEqual(admitted.sort(), ["artifacts", "health", "http", "http-prom"]);
  const [anywhere, others] = egress;
  assert.deepEqual(anywhere.ports.map(({ port }: Manifest) => port), [53, 53, 443, 6443]);
  assert.equal(anywhere.to, undefined);
  const excepted = others.to.flatMap(({ ipBlock }: Manifest) => ipBlock?.except ?? []);
  assert.ok(excepted.includes("169.254.169.254/32"));
});

Deno.test("given rules of a network policy take the place of the chart's", async () => {
  const manifests = await renderChart({ files: [file("all_values.yaml")] });
  const { ingress, egress } = findManifest(manifests, "NetworkPolicy").spec;
  assert.deepEqual(ingress, [{ from: [{ namespaceSelector: {} }] }]);
  assert.deepEqual(egress, [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }]);
});

Deno.test("monitors read the metrics as they are served", async () => {
  const enabled = ["metrics.serviceMonitor.enabled=true", "metrics.podMonitor.enabled=true"];
  const secure = await renderChart({ set: enabled });
  const [endpoint] = findManifest(secure, "ServiceMonitor").spec.endpoints;
  assert.deepEqual([endpoint.scheme, endpoint.port], ["https", "metrics"]);
  assert.match(endpoint.bearerTokenFile, /serviceaccount\/token$/);
  const [ofPod] = findManifest(secure, "PodMonitor").spec.podMetricsEndpoints;
  assert.deepEqual([ofPod.port, ofPod.bearerTokenFile], ["http-prom", undefined]);
  const plain = await renderChart({ set: [...enabled, "metrics.secure=false"] });
  assert.equal(findManifest(plain, "ServiceMonitor").spec.endpoints[0].scheme, undefined);
  const withSecret = await renderChart({ files: [file("all_values.yaml")] });
  const [credentials] = findManifest(withSecret, "PodMonitor").spec.podMetricsEndpoints;
  assert.deepEqual(credentials.authorization, {
    credentials: { name: "prometheus-token", key: "value" },
  });
});

Deno.test("a variable of controller.env takes the place of the chart's", async () => {
  const { env } = containerOf(
    findManifest(await renderChart({ files: [file("all_values.yaml")] }), "StatefulSet"),
  );
  const timeouts = env.filter(({ name }: Manifest) => name === "HTTP_TIMEOUT");
  assert.deepEqual(timeouts, [{ name: "HTTP_TIMEOUT", value: "50s" }]);
});

Deno.test("the definition survives helm uninstall unless it shall not", async () => {
  const kept = findManifest(await renderChart(), "CustomResourceDefinition");
  assert.equal(kept.metadata.annotations["helm.sh/resource-policy"], "keep");
  const set = ["crds.keep=false"];
  const removed = findManifest(await renderChart({ set }), "CustomResourceDefinition");
  assert.equal(removed.metadata.annotations, undefined);
  const without = await renderChart({ set: ["crds.install=false"] });
  assert.deepEqual(without.filter(({ kind }) => kind === "CustomResourceDefinition"), []);
});

/** Paths of all scalars, lists and empty maps. */
function leaves(value: unknown, path = ""): string[] {
  const isMap = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isMap || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${path}.${key}`));
}

Deno.test("every value of the chart and of 0.2.0 is set in all_values.yaml, which other tests render", async () => {
  const all = await readYaml(file("all_values.yaml"));
  const paths = leaves(all);
  // A map of Kubernetes is set as a whole.
  const isSet = (leaf: string) =>
    paths.some((path) => path === leaf || path.startsWith(`${leaf}.`)) ||
    ofKubernetes.test(leaf);
  for (const source of [`${chartDirectory}/values.yaml`, file("go_values.yaml")]) {
    assert.deepEqual(leaves(await readYaml(source)).filter((leaf) => !isSet(leaf)), [], source);
  }
});

Deno.test("unknown values are accepted", async () => {
  const set = ["unknown=1", "controller.storage.unknown.deep=x", "webhook.unknown=true"];
  assert.deepEqual(await renderChart({ set }), await renderChart());
});

/** The paths of all keys but those inside of what is set as a whole. */
function pathsOf(values: readonly ChartValue[]): string[] {
  return values.flatMap(({ path, children }) => [path, ...pathsOf(children)]);
}

/** Where a manifest holds null or what Go's templates print of it. */
function holes(value: unknown, path: string): string[] {
  if (value === null || /<(nil|no value)>/.test(String(value))) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value as object).flatMap(([key, each]) => holes(each, `${path}/${key}`));
}

Deno.test("the README lists every example in a table of two columns", async () => {
  const section = sectionOf(await Deno.readTextFile(`${chartDirectory}/README.md`), "Examples");
  const [head, rule, ...rows] = section.split("\n").filter((line) => line.includes("|"));
  assert.deepEqual([head, rule], ["| file | what it makes |", "| --- | --- |"]);
  for (const row of rows) assert.match(row, /^\| `[^|]+` \| [^|]+ \|$/);
  const listed = rows.map((row) => row.split("`")[1]);
  assert.deepEqual(listed, examples.toSorted());
});

function sectionOf(markdown: string, title: string): string {
  const section = markdown.split(/^## /m).find((each) => each.startsWith(`${title}\n`));
  if (!section) throw new Error(`no section ${title}`);
  return section;
}

/** Values below paths such as `.controller.replicas`. */
const valueAt = (values: unknown, path: string): unknown =>
  path.split(".").slice(1).reduce((each, key) => (each as Manifest | undefined)?.[key], values);

Deno.test("the README names every default that is another one than in 0.2.0", async () => {
  const section = sectionOf(
    await Deno.readTextFile(`${chartDirectory}/README.md`),
    "Upgrade from 0.2.0",
  );
  const old = await readYaml(file("go_values.yaml"));
  const current = await readYaml(`${chartDirectory}/values.yaml`);
  const changed = leaves(old).filter((path) =>
    JSON.stringify(valueAt(old, path)) !== JSON.stringify(valueAt(current, path))
  );
  assert.ok(changed.includes(".controller.hookExecutor.containerSecurityContext.runAsUser"));
  const isOfSidecar = (path: string) => path.includes(".hookExecutor.resources.");
  const unnamed = changed.filter((path) =>
    !(isOfSidecar(path) && section.includes("of the sidecar (512Mi, was 256Mi)")) &&
    !section.includes(`\`${path.slice(1).replace(ofKubernetes, "$1")}\``)
  );
  assert.deepEqual(unnamed, []);
});

Deno.test("monitors take the authority from the Secret's ca.crt, as its comment says", async () => {
  const set = ["metrics.certSecret=pair", "metrics.serviceMonitor.enabled=true"];
  const [endpoint] = findManifest(await renderChart({ set }), "ServiceMonitor").spec.endpoints;
  assert.deepEqual(endpoint.tlsConfig.ca.secret, { name: "pair", key: "ca.crt" });
  const values = await Deno.readTextFile(`${chartDirectory}/values.yaml`);
  assert.match(values, /`ca\.crt`.* in their own namespace\.\n +certSecret:/);
});

Deno.test("every key of the chart can be null", async () => {
  const values = readChartValues(await Deno.readTextFile(`${chartDirectory}/values.yaml`));
  const enabled = ["metrics.serviceMonitor", "metrics.podMonitor", "podDisruptionBudget"];
  const set = [...enabled.map((each) => `${each}.enabled=true`), "controller.storage.backend=pvc"];
  for (const path of pathsOf(values)) {
    const manifests = await renderChart({ set: [...set, `${path}=null`] });
    assert.ok(manifests.some(({ kind }) => kind === "StatefulSet"), path);
    const found = manifests.filter(({ kind }) => kind !== "CustomResourceDefinition")
      .flatMap((each) => holes(each, `${path}: ${each.kind}`));
    assert.deepEqual(found, []);
  }
});

Deno.test("null empties what Kubernetes defines, turns off a group, and leaves its default to everything else", async () => {
  const set = [
    ...["controller.resources=null", "controller.env=null", "controller.storage.pvc=null"],
    ...["controller.storage.backend=pvc", "controller.hookExecutor=null", "metrics=null"],
  ];
  const manifests = await renderChart({ set });
  const { spec } = findManifest(manifests, "StatefulSet");
  assert.equal(spec.template.spec.containers.length, 1);
  const [manager] = spec.template.spec.containers;
  assert.deepEqual(manager.resources, {});
  assert.ok(manager.args.includes("--metrics-bind-address=0"));
  assert.equal(variablesOf(manager)["PVC_STORAGE_PATH"], "/data/artifacts");
  assert.equal(spec.volumeClaimTemplates[0].spec.resources.requests.storage, "10Gi");
  const only = await statefulSetOf("controller.resources.limits.cpu=null");
  assert.deepEqual(containerOf(only).resources.limits, { memory: "512Mi" });
});

Deno.test("the controller asks the sidecar where it listens", async () => {
  const cases: [readonly string[], string][] = [
    [[], "http://localhost:8082"],
    [["port=9000"], "http://localhost:9000"],
    [["port=9000", "endpoint="], "http://localhost:9000"],
    [["port=9000", "endpoint=http://127.0.0.1:9000"], "http://127.0.0.1:9000"],
  ];
  for (const [values, endpoint] of cases) {
    const set = await statefulSetOf(...values.map((each) => `controller.hookExecutor.${each}`));
    assert.equal(variablesOf(containerOf(set))["HOOK_EXECUTOR_ENDPOINT"], endpoint);
    const { args } = containerOf(set, "externalsource-hook-executor");
    assert.ok(args.includes(`--port=${new URL(endpoint).port}`), args.join());
  }
});

Deno.test("what 0.2.0 took for its default is taken: empty durations, a level of the log in capitals", async () => {
  const taken = {
    "controller.http.timeout": "",
    "controller.transform.timeout": "",
    "controller.hookExecutor.timeout": "",
    "controller.logLevel": "INFO",
  };
  const set = Object.entries(taken).map((each) => each.join("="));
  const container = containerOf(await statefulSetOf(...set));
  const { HTTP_TIMEOUT = "?", HOOK_DEFAULT_TIMEOUT = "?" } = variablesOf(container);
  assert.deepEqual([HTTP_TIMEOUT, HOOK_DEFAULT_TIMEOUT], ["", ""]);
  const { values, warnings } = parseSettings({
    described: controllerSettings,
    arguments: container.args,
    environment: { HTTP_TIMEOUT, HOOK_DEFAULT_TIMEOUT },
    configMap: undefined,
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual([values.timeout, values.hookTimeout], [30_000, 30_000]);
});

Deno.test("the chart has the helpers of 0.2.0, which charts of users may include", async () => {
  const helpers = await Deno.readTextFile(`${chartDirectory}/templates/_helpers.tpl`);
  const defined = [...helpers.matchAll(/define "flux-externalsource-controller\.(\w+)"/g)]
    .map(([, name]) => name);
  const kept = [
    ...["name", "fullname", "chart", "labels", "selectorLabels", "serviceAccountName"],
    ...["clusterRoleName", "clusterRoleBindingName", "leaderElectionRoleName"],
    ...["leaderElectionRoleBindingName", "metricsServiceName", "webhookServiceName"],
    ...["webhookCertificateName", "webhookIssuerName", "artifactHeadlessServiceName"],
    "useStatefulSet",
  ];
  assert.deepEqual(kept.filter((name) => !defined.includes(name)), []);
});

Deno.test("a wrong value is refused by its name", async () => {
  const cases: Record<string, RegExp> = {
    "controller.storage.backend=disk":
      /\/controller\/storage\/backend.*'memory', 'pvc', 's3', 'redis'/s,
    "controller.replicas=many": /\/controller\/replicas.*'many' does not match pattern/s,
    "controller.http.timeout=30": /\/controller\/http\/timeout/,
    "controller.logLevel=loud": /\/controller\/logLevel/,
    "controller.hookExecutor.endpoint=localhost:8082": /\/controller\/hookExecutor\/endpoint/,
    "controller.leaderElection=maybe": /\/controller\/leaderElection.*want boolean/s,
    "controller.artifactUrlMode=host": /\/controller\/artifactUrlMode/,
    "metrics.service.port=0": /\/metrics\/service\/port/,
    "controller.env=HTTP_TIMEOUT": /\/controller\/env.*want (null or )?array/s,
    "controller.hookExecutor.whitelistPath=/etc/x.yaml":
      /\/controller\/hookExecutor\/whitelistPath/,
    "commonLabels.num=1": /\/commonLabels\/num.*got number/s,
    "podLabels.num=1": /\/podLabels\/num.*got number/s,
    "podAnnotations.on=true": /\/podAnnotations\/on.*got boolean/s,
  };
  for (const [set, message] of Object.entries(cases)) {
    await assert.rejects(renderChart({ set: [set] }), message, set);
  }
});

/** Files of the values that the pages of `docs/` show, to be removed with their directory. */
async function documentedValues(directory: string): Promise<string[]> {
  const files: string[] = [];
  const docs = file("../../docs");
  for (const { name } of [...Deno.readDirSync(docs)].filter(({ name }) => name.endsWith(".md"))) {
    const text = await Deno.readTextFile(`${docs}/${name}`);
    for (const [, values] of text.matchAll(/^```yaml values\n(.*?)^```/gms)) {
      files.push(`${directory}/${files.length}-${name}.yaml`);
      await Deno.writeTextFile(files.at(-1)!, values!);
    }
  }
  return files;
}

Deno.test("values in the documentation render, and a second release beside the first has names of its own", async () => {
  const directory = await Deno.makeTempDir({ prefix: "values-" });
  const namesOf = (manifests: readonly Manifest[]) =>
    manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  try {
    const first = namesOf(await renderChart());
    const seconds: string[] = [];
    for (const values of await documentedValues(directory)) {
      const isSecond = /^fullnameOverride/m.test(await Deno.readTextFile(values));
      const release = isSecond ? "second" : "externalsource";
      const names = namesOf(await renderChart({ release, files: [values] }));
      assert.ok(names.some((name) => name.startsWith("StatefulSet/")), values);
      if (!isSecond) continue;
      seconds.push(values);
      assert.deepEqual(names.filter((name) => first.includes(name)), []);
    }
    assert.equal(seconds.length, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("values of 0.2.0 can be reused: what is new has its default, what was too small is replaced", async () => {
  const chart = await chartOfGoValues();
  try {
    const reused = await renderChart({ chart });
    const fresh = await renderChart({ files: [file("go_values.yaml")] });
    const kinds = (manifests: Manifest[]) => manifests.map(({ kind }) => kind);
    assert.deepEqual(kinds(reused), kinds(fresh));
    const set = findManifest(reused, "StatefulSet");
    const executor = containerOf(set, "externalsource-hook-executor");
    assert.equal(containerOf(set).resources.limits.memory, "512Mi");
    assert.equal(executor.resources.limits.memory, "512Mi");
    assert.equal(executor.image.split(":")[1], containerOf(set).image.split(":")[1]);
    const whitelist = findManifest(reused, "ConfigMap").data["whitelist.yaml"];
    assert.match(whitelist, /argumentPatterns/);

    const tuned = ["controller.resources.limits.memory=3Gi"];
    const kept = containerOf(findManifest(await renderChart({ chart, set: tuned }), "StatefulSet"));
    assert.deepEqual(kept.resources.limits, { cpu: "500m", memory: "3Gi" });
  } finally {
    await Deno.remove(chart, { recursive: true });
  }
});

Deno.test("memory of 0.2.0 is replaced in reused values where another field of resources was changed", async () => {
  const chart = await chartOfGoValues();
  const resourcesOf = async (set: readonly string[], name?: string) =>
    containerOf(findManifest(await renderChart({ chart, set }), "StatefulSet"), name).resources;
  const executor = "externalsource-hook-executor";
  try {
    assert.deepEqual(await resourcesOf(["controller.resources.limits.cpu=2"]), {
      limits: { cpu: 2, memory: "512Mi" },
      requests: { cpu: "10m", memory: "224Mi" },
    });
    const tunedExecutor = ["controller.hookExecutor.resources.limits.cpu=2"];
    assert.deepEqual((await resourcesOf(tunedExecutor, executor)).limits, {
      cpu: 2,
      memory: "512Mi",
    });
    // The API server refuses a request above its limit.
    const low = await resourcesOf(["controller.resources.limits.memory=200Mi"]);
    assert.deepEqual([low.limits.memory, low.requests.memory], ["200Mi", "64Mi"]);
    const unlimited = await resourcesOf(["controller.resources.limits=null"]);
    assert.deepEqual(unlimited, { requests: { cpu: "10m", memory: "224Mi" } });
  } finally {
    await Deno.remove(chart, { recursive: true });
  }
});

Deno.test("the notes warn of the memory limits of 0.2.0 where they were set by hand", async () => {
  const notes = (files: readonly string[], set: readonly string[] = []) =>
    runProgram("helm", ["install", ...chartArguments({ files, set }), "--dry-run=client"]);
  const old = await notes([file("go_values.yaml")]);
  assert.match(old, /controller\.resources\.limits\.memory is 128Mi, the default of 0\.2\.0/);
  assert.match(old, /hookExecutor\.resources\.limits\.memory is 256Mi.* may take 384Mi/);
  assert.doesNotMatch(await notes([]), /(128|256)Mi, the default/);
  const off = await notes([file("go_values.yaml")], ["controller.hookExecutor.enabled=false"]);
  assert.doesNotMatch(off, /256Mi, the default/);
});

Deno.test("helm package takes in what the templates read, and no examples", async () => {
  const out = await Deno.makeTempDir({ prefix: "package-" });
  try {
    await runProgram("helm", ["package", chartDirectory, "--destination", out]);
    const [archive] = [...Deno.readDirSync(out)];
    const packed = `${out}/${archive!.name}`;
    assert.deepEqual(await renderChart({ chart: packed }), await renderChart());
    const { stdout } = await new Deno.Command("tar", { args: ["tzf", packed] }).output();
    assert.doesNotMatch(new TextDecoder().decode(stdout), /\/examples\//);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
