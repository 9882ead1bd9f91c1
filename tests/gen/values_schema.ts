import type { ChartValue } from "./chart_values.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Empty: the default of the controller. */
const duration = { type: "string", pattern: "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))*$" };
const quantity = {
  type: ["string", "number"],
  pattern: "^[0-9]+(\\.[0-9]+)?([EPTGMk]i?|Ki|m)?$",
  minimum: 0,
};
/** Also as text, which `--set-string` makes of it. */
const whole = { type: ["integer", "string"], pattern: "^[0-9]+$", minimum: 0 };
const port = { ...whole, minimum: 1, maximum: 65_535 };
const countOrShare = { type: ["integer", "string"], pattern: "^([0-9]+%?)?$", minimum: 0 };
/** Helm removes a default that is null before it asks the schema; of a chart below another one it does not. */
const named = {
  type: ["array", "null"],
  items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
};
/** The API server refuses labels and annotations that are numbers or booleans. */
const texts = {
  type: ["object", "null"],
  additionalProperties: { type: ["string", "null"] },
};

const logLevels = ["debug", "info", "warn", "error", "panic"];
/** JSON Schema has no flag for it. */
const inAnyCase = (word: string) =>
  [...word].map((letter) => `[${letter.toUpperCase()}${letter}]`).join("");

/** What the type of a default does not say, by the end of the path. */
const special: Readonly<Record<string, Schema>> = {
  "image.pullPolicy": { enum: ["Always", "IfNotPresent", "Never"] },
  "image.tag": { type: ["string", "number"] },
  imagePullSecrets: named,
  "controller.logLevel": {
    type: ["string", "integer"],
    pattern: `^(${logLevels.map(inAnyCase).join("|")}|[0-9]{1,3})$`,
  },
  "controller.artifactUrlMode": { enum: ["", "pod", "service"] },
  "controller.watchNamespace": {
    type: "string",
    pattern: "^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$",
  },
  "controller.extraArgs": { type: ["array", "null"], items: { type: "string", pattern: "^-" } },
  "controller.storage.backend": { enum: ["memory", "pvc", "s3", "redis"] },
  "pvc.size": quantity,
  "pvc.path": { type: "string", pattern: "^/" },
  "http.timeout": duration,
  "hookExecutor.timeout": duration,
  "hookExecutor.endpoint": { type: "string", pattern: "^($|http://|unix:/)" },
  "hookExecutor.whitelistPath": { type: "string", pattern: "^/[^/]+/[^/]+/" },
  hookMemory: quantity,
  scratchSize: quantity,
  tmpSize: quantity,
  port,
  "controller.env": named,
  "controller.volumes": named,
  "controller.volumeMounts": named,
  "service.type": { enum: ["ClusterIP", "NodePort", "LoadBalancer"] },
  minAvailable: countOrShare,
  maxUnavailable: countOrShare,
  labels: texts,
  annotations: texts,
  nodeSelector: texts,
  commonLabels: texts,
  podLabels: texts,
  podAnnotations: texts,
  deploymentAnnotations: texts,
};

function leafOf({ path, default: value }: ChartValue): Schema {
  const end = Object.keys(special).find((each) => path === each || path.endsWith(`.${each}`));
  if (end) return special[end]!;
  if (Array.isArray(value)) return { type: ["array", "null"] };
  if (typeof value === "number") return whole;
  return { type: typeof value === "object" ? ["object", "null"] : typeof value };
}

function schemaOf(value: ChartValue): Schema {
  const { children, description } = value;
  const about = description === "" ? {} : { description };
  if (children.length === 0) return { ...about, ...leafOf(value) };
  return { ...about, type: ["object", "null"], properties: propertiesOf(children) };
}

function propertiesOf(values: readonly ChartValue[]): Schema {
  return Object.fromEntries(
    values.map((value) => [value.path.split(".").at(-1)!, schemaOf(value)]),
  );
}

/** `chart/values.schema.json`. Unknown keys pass: values of older and newer charts are given to this one. */
export function valuesSchema(values: readonly ChartValue[]): string {
  const schema = {
    $schema: "https://json-schema.org/draft-07/schema#",
    title: "Values of flux-externalsource-controller",
    type: "object",
    properties: propertiesOf(values),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
