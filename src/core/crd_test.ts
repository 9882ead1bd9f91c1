import assert from "node:assert/strict";
import Type from "typebox";
import { describeCrd } from "./crd.ts";

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

function rootSchema(): Schema {
  const crd = describeCrd({
    http: Type.Object({ url: Type.String({ description: "Address." }) }, { description: "HTTP." }),
    git: Type.Object({ ref: Type.String({ description: "Branch." }) }, { description: "Git." }),
  });
  const { versions } = crd["spec"] as {
    versions: readonly { schema: { openAPIV3Schema: Schema } }[];
  };
  return versions[0]!.schema.openAPIV3Schema;
}

const fieldOf = (schema: Schema, ...path: readonly string[]): Schema =>
  path.reduce((at, name) => at.properties![name]!, schema);

function* fieldsOf(schema: Schema, path: string): Iterable<[string, Schema]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${name}`, field];
    yield* fieldsOf(field, `${path}.${name}`);
    if (field.items) yield* fieldsOf(field.items, `${path}.${name}[]`);
  }
}

Deno.test("describeCrd() describes every field but metadata, which Kubernetes describes", () => {
  const bare = [...fieldsOf(rootSchema(), "")].filter(([, field]) => !field.description);
  assert.deepEqual(bare.map(([path]) => path), [".metadata"]);
});

Deno.test("describeCrd() enumerates the generators and wants the settings of the one named", () => {
  const generator = fieldOf(rootSchema(), "spec", "generator");
  assert.deepEqual(fieldOf(generator, "type")["enum"], ["http", "git"]);
  assert.deepEqual(generator.required, ["type"]);
  const rules = generator["x-kubernetes-validations"] as readonly { rule: string }[];
  assert.deepEqual(rules.map(({ rule }) => rule), [
    "self.type != 'http' || has(self.http)",
    "self.type != 'git' || has(self.git)",
  ]);
  assert.equal("discriminator" in generator, false);
});

Deno.test("describeCrd() requires nothing of a status but the key of a condition", () => {
  const status = fieldOf(rootSchema(), "status");
  assert.equal(status.required, undefined);
  assert.equal(fieldOf(status, "artifact").required, undefined);
  const conditions = fieldOf(status, "conditions");
  assert.deepEqual(conditions.items?.required, ["type"]);
  assert.deepEqual(conditions["x-kubernetes-list-map-keys"], ["type"]);
});

Deno.test("describeCrd() keeps the defaults of the Go implementation, but none for a hook's timeout", () => {
  const spec = fieldOf(rootSchema(), "spec");
  assert.equal(fieldOf(spec, "maxRetries")["default"], 3);
  const hook = fieldOf(spec, "hooks", "preRequest").items!;
  assert.equal(fieldOf(hook, "retryPolicy")["default"], "fail");
  assert.equal("default" in fieldOf(hook, "timeout"), false);
});
