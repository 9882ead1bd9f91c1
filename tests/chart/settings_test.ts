import assert from "node:assert/strict";
import { controllerSettings } from "../../src/cli/operator_settings.ts";
import { controllerUrlBase } from "../../src/cli/controller_place.ts";
import { unnamedCommand } from "../../src/cli/unnamed_command.ts";
import { ConfigError } from "../../src/config/config_error.ts";
import { parseSettings } from "../../src/config/parse_settings.ts";
import { parseQuantity } from "../../src/core/quantity.ts";
import { executorSettings } from "../../src/config/settings/hook_executor_settings.ts";
import { storeDefinition } from "../../src/store/registry.ts";
import { containerOf, findManifest, type Manifest, variablesOf } from "./programs.ts";
import { chartInstallations, type Installation, kustomizations } from "./renderings.ts";

const installations = [...await kustomizations(), ...await chartInstallations()];

/** What the kubelet puts in the place of references. */
const given: Readonly<Record<string, string>> = {
  "{metadata.name}": "controller-0",
  "{metadata.namespace}": "flux-system",
  "{status.podIP}": "10.0.0.7",
  "{redis-credentials/url}": "redis://redis:6379/0",
};

function environmentOf(container: Manifest): Record<string, string> {
  const variables = Object.entries(variablesOf(container));
  return Object.fromEntries(variables.map(([name, value]) => [name, given[value] ?? value]));
}

function parseManager({ manifests }: Installation) {
  const container = containerOf(findManifest(manifests, "StatefulSet"));
  const config = manifests.find(({ kind, metadata }) =>
    kind === "ConfigMap" && metadata.name === environmentOf(container)["CONFIG_MAP_NAME"]
  );
  return parseSettings({
    described: controllerSettings,
    arguments: container.args,
    environment: environmentOf(container),
    configMap: config?.data,
  });
}

Deno.test("the controller takes every argument, variable and key that chart and manifests render, without a warning", () => {
  for (const installation of installations) {
    const { values, warnings, positionals } = parseManager(installation);
    assert.deepEqual([warnings, positionals], [[], []], installation.name);
    assert.deepEqual(storeDefinition(values.storageBackend).mistakes?.(values) ?? [], []);
  }
});

Deno.test("the sidecar takes every argument and variable that chart and manifests render, without a warning", () => {
  const { logLevel } = controllerSettings;
  for (const { name, manifests } of installations) {
    const container = containerOf(
      findManifest(manifests, "StatefulSet"),
      "externalsource-hook-executor",
    );
    const [init, end, program, command] = container.command;
    assert.deepEqual([init, end, command], ["/usr/bin/tini", "--", "hook-executor"]);
    assert.equal(unnamedCommand({ program, arguments: [] }), "hook-executor");
    const { values, warnings } = parseSettings({
      described: { ...executorSettings, logLevel },
      arguments: container.args,
      environment: environmentOf(container),
      configMap: undefined,
    });
    assert.deepEqual(warnings, [], name);
    assert.equal(values.port, container.ports[0].containerPort);
    assert.equal(values.hookTokenFile, "/run/hooks/token");
  }
});

Deno.test("the two containers name one token, one whitelist and one port", () => {
  for (const installation of installations) {
    const { values } = parseManager(installation);
    const set = findManifest(installation.manifests, "StatefulSet");
    const executor = containerOf(set, "externalsource-hook-executor");
    assert.equal(new URL(values.hookExecutorEndpoint).port, `${executor.ports[0].containerPort}`);
    assert.equal(values.hookTokenFile, environmentOf(executor)["HOOK_TOKEN_FILE"]);
    const whitelist = executor.args.find((each: string) => each.startsWith("--whitelist=")) ??
      `--whitelist=${executorSettings.whitelist.default}`;
    assert.equal(whitelist, `--whitelist=${values.hookWhitelistPath}`, installation.name);
  }
});

Deno.test("URLs name a Service that is rendered, in the namespace of the pods", () => {
  for (const installation of installations) {
    const base = new URL(controllerUrlBase(parseManager(installation).values, { port: 8080 }));
    const services = installation.manifests.filter(({ kind }) => kind === "Service");
    const labels = base.hostname.replace(".flux-system.svc.cluster.local", "").split(".");
    const service = services.find(({ metadata }) => metadata.name === labels.at(-1));
    assert.ok(service, `${installation.name}: ${base}`);
    assert.equal(labels.length === 2, service.spec.clusterIP === "None", installation.name);
    assert.equal(service.spec.ports[0].port, 8080);
  }
});

Deno.test("ports of the containers are those that the settings open", () => {
  for (const installation of installations) {
    const { values } = parseManager(installation);
    const { ports } = containerOf(findManifest(installation.manifests, "StatefulSet"));
    const portOf = (name: string) =>
      ports.find((each: Manifest) => each.name === name)?.containerPort;
    assert.equal(portOf("artifacts"), values.artifactServerPort);
    assert.equal(`:${portOf("health")}`, values.healthProbeBindAddress);
    assert.equal(`:${portOf("http-prom")}`, values.metricsBindAddress);
  }
});

const mebibyte = 2 ** 20;
/** Measured: with 1,000 sources and a large document on its way, and the sidecar without a hook. */
const measured = { manager: (150 + 64) * mebibyte, executor: 95 * mebibyte };

Deno.test("the limits of the containers leave room for what their settings allow", () => {
  // Limits that somebody has set are kept.
  const ours = installations.filter(({ name }) => !name.endsWith("go_values.yaml"));
  for (const installation of ours) {
    const { values } = parseManager(installation);
    const set = findManifest(installation.manifests, "StatefulSet");
    const executor = containerOf(set, "externalsource-hook-executor");
    const limitOf = ({ resources }: Manifest) => parseQuantity(resources.limits.memory)!;
    const kept = values.storageBackend === "memory" ? values.memoryStoreLimit : 0;
    assert.ok(limitOf(containerOf(set)) >= measured.manager + kept, installation.name);
    const argument = executor.args.find((each: string) => each.startsWith("--hook-memory="));
    const hook = parseQuantity(argument.split("=")[1])!;
    assert.ok(limitOf(executor) >= measured.executor + hook, installation.name);
    const graceMs = set.spec.template.spec.terminationGracePeriodSeconds * 1_000;
    assert.ok(graceMs > values.drainTimeout, installation.name);
  }
});

Deno.test("a rendered argument that the controller does not know would be found", () => {
  const parse = () =>
    parseSettings({
      described: controllerSettings,
      arguments: ["--no-such-flag"],
      environment: {},
      configMap: undefined,
    });
  assert.throws(parse, ConfigError);
});
