import type { TSchema } from "typebox";
import { externalSourceKind, group, version } from "./api_names.ts";
import { describeSpec } from "./external_source.ts";
import { mapValues } from "./map_values.ts";
import { type PlainSchema, toPlainSchema } from "./plain_schema.ts";
import { statusSchema } from "./status_schema.ts";

/** A schema as `openAPIV3Schema` of a CustomResourceDefinition has it. */
type StructuralSchema = Readonly<Record<string, unknown>>;

/** A CustomResourceDefinition, to be written as YAML or JSON. */
export type CustomResourceDefinition = Readonly<Record<string, unknown>>;

/** One CEL rule for each field that a value of the discriminator wants. */
function rulesOf({ discriminator, properties = {} }: PlainSchema): StructuralSchema {
  if (!discriminator) return {};
  const field = discriminator.propertyName;
  const values = properties[field]?.enum ?? [];
  return {
    "x-kubernetes-validations": values.map((value) => ({
      rule: `self.${field} != '${value}' || has(self.${value})`,
      message: `${value} is required when ${field} is ${value}`,
      reason: "FieldValueRequired",
      fieldPath: `.${value}`,
    })),
  };
}

function toStructural(schema: PlainSchema): StructuralSchema {
  const { discriminator: _, items, properties, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(items ? { items: toStructural(items) } : {}),
    ...(properties ? { properties: mapValues(properties, toStructural) } : {}),
    ...(additionalProperties ? { additionalProperties: toStructural(additionalProperties) } : {}),
    ...rulesOf(schema),
  };
}

function describeStatus(): StructuralSchema {
  const status = toStructural(toPlainSchema(statusSchema)) as {
    properties: Record<string, StructuralSchema>;
  };
  const conditions = {
    ...status.properties["conditions"],
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  };
  return { ...status, properties: { ...status.properties, conditions } };
}

const readyCondition = '.status.conditions[?(@.type=="Ready")]';
const printerColumns = [
  { name: "Ready", type: "string", jsonPath: `${readyCondition}.status` },
  { name: "Status", type: "string", jsonPath: `${readyCondition}.message` },
  { name: "Revision", type: "string", jsonPath: ".status.artifact.revision" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];

const plural = "externalsources";
const names = {
  kind: externalSourceKind,
  listKind: `${externalSourceKind}List`,
  plural,
  singular: "externalsource",
  shortNames: ["es", "extsrc"],
  categories: ["all", "fluxcd", "fluxcd-sources"],
};

/**
 * The CustomResourceDefinition of ExternalSource. It accepts what either CRD of the Go implementation accepts, but for
 * a `generator` without the settings that its type names (COMPATIBILITY §1, DESIGN §3).
 *
 * @param generators the schema of each generator's own settings, by the `type` that users write
 */
export function describeCrd(
  generators: Readonly<Record<string, TSchema>>,
): CustomResourceDefinition {
  const openAPIV3Schema = {
    type: "object",
    description:
      "An ExternalSource fetches a document from an external API and publishes it as a Flux ExternalArtifact of the same name.",
    properties: {
      apiVersion: { type: "string", description: `\`${group}/${version}\`.` },
      kind: { type: "string", description: `\`${externalSourceKind}\`.` },
      metadata: { type: "object" },
      spec: toStructural(toPlainSchema(describeSpec(generators))),
      status: describeStatus(),
    },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names,
      scope: "Namespaced",
      versions: [{
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: printerColumns,
        schema: { openAPIV3Schema },
      }],
    },
  };
}
