import assert from "node:assert/strict";
import { artifactUrlBase, type UrlBaseOptions } from "./artifact_url.ts";

const pod: UrlBaseOptions = {
  mode: "pod",
  podName: "manager-0",
  serviceName: "externalsource-artifacts",
  namespace: "flux-system",
  port: 8080,
  secure: false,
};

const cases: readonly { name: string; options: UrlBaseOptions; base: string }[] = [
  {
    name: "a pod",
    options: pod,
    base: "http://manager-0.externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    name: "a Service",
    options: { ...pod, mode: "service" },
    base: "http://externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    name: "a pod without a name",
    options: { ...pod, podName: "" },
    base: "http://externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    name: "an advertised address",
    options: { ...pod, advertisedAddress: "10.0.0.1:9" },
    base: "http://10.0.0.1:9",
  },
  {
    name: "a pod that speaks TLS",
    options: { ...pod, secure: true },
    base: "https://manager-0.externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    name: "an advertised address that speaks TLS",
    options: { ...pod, advertisedAddress: "10.0.0.1:9", secure: true },
    base: "https://10.0.0.1:9",
  },
  {
    name: "an advertised URL",
    options: { ...pod, advertisedAddress: "https://cdn.test/" },
    base: "https://cdn.test",
  },
  {
    name: "an advertised port",
    options: { ...pod, advertisedAddress: ":8080" },
    base: "http://localhost:8080",
  },
];

for (const { name, options, base } of cases) {
  Deno.test(`artifactUrlBase() of ${name}`, () => assert.equal(artifactUrlBase(options), base));
}
