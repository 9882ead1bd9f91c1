import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

const isTest = (path: string) => path.endsWith("_test.ts");

const stages = ["generate", "hooks", "pack", "store", "publish"];

/** DESIGN §2: what a room may import beside itself. A path with a dot is one file of another room. */
const roomImports: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli"],
  cli: [
    ...["config", "core", "telemetry", "objects", "queue", "shard", "reconcile", "serve"],
    ...stages,
  ],
  config: ["core"],
  core: [],
  telemetry: ["core"],
  objects: ["core", "config"],
  queue: ["core"],
  shard: ["core", "objects"],
  reconcile: ["core", "objects", ...stages],
  generate: ["core"],
  hooks: ["core"],
  pack: ["core"],
  store: ["core"],
  publish: ["core", "objects"],
  serve: ["core", "store/artifact_store.ts"],
};

/** Two adapters of one port; neither may lean on the other. */
const adapters = ["objects/kube", "objects/local"];

/** DESIGN §12: where each npm package may be used, so that it is loaded only there. */
const packageRooms: Readonly<Record<string, readonly string[]>> = {
  "@aws-sdk/client-s3": ["store"],
  "@aws-sdk/credential-provider-node": ["store"],
  "@aws-sdk/s3-request-presigner": ["store"],
  "@kubernetes/client-node": ["objects/kube"],
  "@smithy/types": ["store"],
  ioredis: ["store"],
  "prom-client": ["telemetry"],
  re2js: ["hooks"],
  "tar-stream": ["pack"],
  typebox: ["core", "generate", "config", "cli"],
  undici: ["generate", "hooks", "store"],
  yaml: ["objects/local", "config", "hooks", "cli"],
};

interface Refusal {
  readonly message: string;
  readonly hint: string;
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

function refusePackage(from: string, specifier: string): Refusal | undefined {
  const name = Object.keys(packageRooms).find((each) => isWithin(specifier, each));
  if (!name) {
    return {
      message: `"${specifier}" is not a dependency of this project`,
      hint:
        "Use a relative path, a `node:` built-in or a bare name of deno.json's imports. A new dependency is named in tests/lint/rooms.ts with its room.",
    };
  }
  const rooms = packageRooms[name]!;
  if (rooms.some((room) => isWithin(from, room))) return undefined;
  return {
    message: `src/${from} may not import "${name}"`,
    hint: `Only ${rooms.map((room) => `src/${room}`).join(", ")} may: ask for what you need there.`,
  };
}

function refuseAdapter(from: string, to: string): Refusal | undefined {
  const own = adapters.find((adapter) => isWithin(from, adapter));
  const other = adapters.find((adapter) => isWithin(to, adapter));
  if (!own || !other || own === other) return undefined;
  return {
    message: `src/${own} may not import src/${other}`,
    hint: "What both need stands in src/objects beside them.",
  };
}

function refuseRoom(from: string, to: string): Refusal | undefined {
  const [fromRoom, toRoom] = [from.split("/")[0]!, to.split("/")[0]!];
  if (fromRoom === toRoom) return refuseAdapter(from, to);
  const allowed = roomImports[fromRoom];
  if (!allowed) {
    return {
      message: `src/${fromRoom} is not a room`,
      hint: "The rooms are those of tests/lint/rooms.ts; put the file into one of them.",
    };
  }
  if (allowed.includes(toRoom) || allowed.includes(to)) return undefined;
  const list = allowed.map((room) => `src/${room}`).join(", ") || "no other room";
  return {
    message: `src/${fromRoom} may not import src/${to}`,
    hint: stages.includes(fromRoom) && stages.includes(toRoom)
      ? "Stages never import each other: let src/reconcile hand the value over, or put the word into src/core."
      : `src/${fromRoom} may import ${list}. Take it as an argument, or put the word into src/core.`,
  };
}

/** Why a file under src/ may not import a specifier, or undefined. `from` is its path below src/. */
function refuseImport(from: string, specifier: string): Refusal | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    return isTest(from) ? undefined : refusePackage(from, specifier);
  }
  const target = join("src", dirname(from), specifier);
  if (isWithin(target, "src")) return refuseRoom(from, target.slice("src/".length));
  if (isTest(from) && isWithin(target, "tests")) return undefined;
  // The version stands in one place.
  if (from === "cli/version.ts" && target === "deno.json") return undefined;
  return {
    message: `src/${from} may not import ${target}`,
    hint: "Code imports only src/; its tests also tests/.",
  };
}

/** The path below src/, or undefined for a file outside of it. */
function pathInSource(filename: string): string | undefined {
  const path = filename.startsWith(root) ? filename.slice(root.length) : filename;
  return path.startsWith("src/") ? path.slice("src/".length) : undefined;
}

function createImports(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const from = pathInSource(context.filename);
  if (from === undefined) return {};
  const check = (source: Deno.lint.Node | null) => {
    if (source?.type !== "Literal" || typeof source.value !== "string") return;
    const refusal = refuseImport(from, source.value);
    if (refusal) context.report({ node: source, ...refusal });
  };
  return {
    ImportDeclaration: (node) => check(node.source),
    ImportExpression: (node) => check(node.source),
    ExportNamedDeclaration: (node) => check(node.source),
    ExportAllDeclaration: (node) => check(node.source),
  };
}

const ambientHint =
  "Time, chance and the environment are arguments: take a Clock (core/clock.ts), a random function or a setting; only src/cli hands in the real ones.";
const ambientCalls = ["setTimeout", "setInterval"];
const ambientMembers = [
  ...["Date.now", "Math.random", "Deno.env", "performance.now"],
  ...["process.env", "crypto.randomUUID", "crypto.getRandomValues"],
];

function nameOf(node: Deno.lint.Node): string {
  return node.type === "Identifier" ? node.name : "";
}

function createAmbient(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const from = pathInSource(context.filename);
  if (from === undefined || isWithin(from, "cli") || isTest(from)) return {};
  const refuse = (node: Deno.lint.Node, what: string) =>
    context.report({ node, message: `src/${from} may not use ${what}`, hint: ambientHint });
  return {
    NewExpression(node) {
      if (nameOf(node.callee) === "Date" && node.arguments.length === 0) refuse(node, "new Date()");
    },
    CallExpression(node) {
      const name = nameOf(node.callee);
      if (ambientCalls.includes(name)) refuse(node, name);
    },
    MemberExpression(node) {
      const object = node.object.type === "MemberExpression" ? node.object.property : node.object;
      const name = `${nameOf(object)}.${nameOf(node.property)}`;
      if (ambientMembers.includes(name)) refuse(node, name);
    },
  };
}

/** Scripts of docs/ and tests/ print; the program has a log that lets no secret through. */
function createConsole(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const from = pathInSource(context.filename);
  if (from === undefined || isTest(from)) return {};
  return {
    MemberExpression(node) {
      if (nameOf(node.object) !== "console") return;
      context.report({
        node,
        message: `src/${from} may not use console`,
        hint: "Results go through CommandInput.print, everything else through the log.",
      });
    },
  };
}

/** Lint rules for the house of DESIGN §2: `rooms/imports`, `rooms/ambient` and `rooms/console`. */
const plugin: Deno.lint.Plugin = {
  name: "rooms",
  rules: {
    imports: { create: createImports },
    ambient: { create: createAmbient },
    console: { create: createConsole },
  },
};
export default plugin;
