import type { TSchema } from "typebox";
import { describeSpec } from "../../src/core/external_source.ts";
import { type PlainSchema, toPlainSchema } from "../../src/core/plain_schema.ts";
import { statusSchema } from "../../src/core/status_schema.ts";

interface Row {
  readonly path: string;
  readonly schema: PlainSchema;
  readonly required: boolean;
}

function typeOf(schema: PlainSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.items) return `list of ${typeOf(schema.items)}s`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}s`;
  return schema.type ?? "any";
}

/** Every field below a schema, outermost first. */
function rowsOf(schema: PlainSchema, path: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const row = {
      path: `${path}.${name}`,
      schema: field,
      required: schema.required?.includes(name) ?? false,
    };
    return [row, ...rowsOf(field, row.path), ...rowsOf(field.items ?? {}, `${row.path}[]`)];
  });
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function defaultOf({ schema, required }: Row): string {
  if (schema.default !== undefined) return `\`${schema.default}\``;
  return required ? "required" : "";
}

function specTable(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    `| \`${row.path}\` | ${cell(typeOf(row.schema))} | ${defaultOf(row)} | ${
      cell(row.schema.description ?? "")
    }${row.schema.pattern ? ` Pattern: \`${cell(row.schema.pattern)}\`.` : ""} |`
  );
  return ["| field | type | default | what it means |", "| --- | --- | --- | --- |", ...lines]
    .join("\n");
}

function statusTable(rows: readonly Row[]): string {
  const lines = rows.map(({ path, schema }) =>
    `| \`${path}\` | ${cell(typeOf(schema))} | ${cell(schema.description ?? "")} |`
  );
  return ["| field | type | what it says |", "| --- | --- | --- |", ...lines].join("\n");
}

/**
 * `docs/reference/externalsource.md`: the text of a template, in which `{{spec}}` and `{{status}}` stand for the tables
 * of fields.
 */
export function externalSourceReference(
  template: string,
  generators: Readonly<Record<string, TSchema>>,
): string {
  const spec = rowsOf(toPlainSchema(describeSpec(generators)), "spec");
  const status = rowsOf(toPlainSchema(statusSchema), "status");
  return template
    .replace("{{spec}}", () => specTable(spec))
    .replace("{{status}}", () => statusTable(status));
}
