/** Whether a comment that began with two stars ends right before a node. */
function isDocumented(context: Deno.lint.RuleContext, node: Deno.lint.Node): boolean {
  const before = context.sourceCode.text.slice(0, node.range[0]).trimEnd();
  return before.endsWith("*/") && before.startsWith("/**", before.lastIndexOf("/*"));
}

function createExports(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const isCode = /(^|\/)src\/.*\.ts$/.test(context.filename) &&
    !context.filename.endsWith("_test.ts");
  if (!isCode) return {};
  return {
    ExportNamedDeclaration(node) {
      if (!node.declaration || isDocumented(context, node)) return;
      context.report({
        node,
        message: "An export without a JSDoc sentence",
        hint: "Say what it is and what its name cannot say: shape, units, errors, source.",
      });
    },
  };
}

/** What `deno doc --lint` is too strict for: `docs/exports` wants a sentence on every export, but not on every field. */
const plugin: Deno.lint.Plugin = {
  name: "docs",
  rules: { exports: { create: createExports } },
};
export default plugin;
