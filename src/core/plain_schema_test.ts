import assert from "node:assert/strict";
import Type from "typebox";
import { toPlainSchema } from "./plain_schema.ts";

Deno.test("toPlainSchema() writes unions of strings as enumerations and records as additional properties", () => {
  const schema = Type.Object({
    policy: Type.Optional(Type.Union([Type.Literal("a"), Type.Literal("b")], { default: "a" })),
    only: Type.Literal("c"),
    labels: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  });
  assert.deepEqual(toPlainSchema(schema), {
    type: "object",
    required: ["only"],
    properties: {
      policy: { type: "string", enum: ["a", "b"], default: "a" },
      only: { type: "string", enum: ["c"] },
      labels: { type: "object", additionalProperties: { type: "integer" } },
    },
  });
});

for (
  const { name, schema } of [
    { name: "a union of types", schema: Type.Union([Type.String(), Type.Integer()]) },
    { name: "an intersection", schema: Type.Intersect([Type.Object({}), Type.Object({})]) },
    { name: "a literal number", schema: Type.Literal(1) },
    {
      name: "named patterns of keys",
      schema: Type.Record(Type.String({ pattern: "^a" }), Type.String()),
    },
  ]
) {
  Deno.test(`toPlainSchema() refuses ${name}`, () => {
    assert.throws(() => toPlainSchema(schema), TypeError);
  });
}
