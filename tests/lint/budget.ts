const maxLines = 40;
const maxParameters = 3;
const maxDepth = 3;

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

const functionTypes: readonly string[] = [
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
];
const nestingTypes = [
  ...["IfStatement", "ForStatement", "ForInStatement", "ForOfStatement", "WhileStatement"],
  ...["DoWhileStatement", "SwitchStatement", "TryStatement"],
];

const isTestCode = (filename: string) =>
  filename.endsWith("_test.ts") || /(^|\/)tests\//.test(filename);

const isCode = (line: string) => !/^\s*($|\/\/|\/\*|\*)/.test(line);

const countLines = (text: string) => text.split("\n").filter(isCode).length;

interface Open {
  readonly node: FunctionNode;
  /** Lines of functions in it that are not counted twice. */
  nested: number;
}

/**
 * Blank lines and comments are free. In test code a function inside another one counts for itself only, because a contract suite is
 * one function full of test cases.
 */
function createLines(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const nestedAreFree = isTestCode(context.filename);
  const open: Open[] = [];
  const enter = (node: FunctionNode) => void open.push({ node, nested: 0 });
  const exit = (node: FunctionNode) => {
    const all = countLines(context.sourceCode.getText(node));
    const own = all - open.pop()!.nested;
    const outer = open.at(-1);
    // The first and last line of the nested function are also lines of the outer one.
    if (outer && nestedAreFree) outer.nested += Math.max(0, all - 1);
    if (own <= maxLines) return;
    context.report({
      node,
      message: `A function of ${own} lines; the budget is ${maxLines}`,
      hint: "Name a part of it and make that a function, or a file of its own.",
    });
  };
  return {
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression: enter,
    "FunctionDeclaration:exit": exit,
    "FunctionExpression:exit": exit,
    "ArrowFunctionExpression:exit": exit,
  };
}

function createParameters(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const check = (node: FunctionNode) => {
    const count =
      node.params.filter((each) => !(each.type === "Identifier" && each.name === "this"))
        .length;
    if (count <= maxParameters) return;
    context.report({
      node,
      message: `A function of ${count} parameters; the budget is ${maxParameters}`,
      hint: "Put the lesser ones into one options object.",
    });
  };
  return {
    FunctionDeclaration: check,
    FunctionExpression: check,
    ArrowFunctionExpression: check,
  };
}

/** `else if` is no deeper than its `if`. */
function isElseIf(node: Deno.lint.Node): boolean {
  const parent = (node as { parent?: Deno.lint.Node }).parent;
  return node.type === "IfStatement" && parent?.type === "IfStatement" &&
    parent.alternate?.range[0] === node.range[0];
}

function createDepth(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const depthOf = (node: Deno.lint.Node) => {
    const ancestors = context.sourceCode.getAncestors(node);
    const outer = ancestors.findLastIndex((each) => functionTypes.includes(each.type));
    return [...ancestors.slice(outer + 1), node]
      .filter((each) => nestingTypes.includes(each.type) && !isElseIf(each)).length;
  };
  const check = (node: Deno.lint.Node) => {
    const depth = depthOf(node);
    if (depth !== maxDepth + 1 || isElseIf(node)) return;
    context.report({
      node,
      message: `Nested ${depth} deep; the budget is ${maxDepth}`,
      hint: "Return early, or name the inner part and make it a function.",
    });
  };
  return Object.fromEntries(nestingTypes.map((type) => [type, check]));
}

/** Budgets that `deno lint` has no rules for: `budget/lines`, `budget/parameters`, `budget/depth`. */
const plugin: Deno.lint.Plugin = {
  name: "budget",
  rules: {
    lines: { create: createLines },
    parameters: { create: createParameters },
    depth: { create: createDepth },
  },
};
export default plugin;
