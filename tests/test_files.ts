import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The test files that `deno test` finds by these arguments, in its order, relative to the root of the project. */
export function testFiles(args: readonly string[]): string[] {
  const ignored = args.flatMap((each) => /^--ignore=(.*)$/.exec(each)?.[1]?.split(",") ?? []);
  const given = args.filter((each) => !each.startsWith("--"));
  return given.flatMap((each) => [...filesIn(`${root}${each}`)])
    .map((file) => relative(root, file))
    .filter((file) => !ignored.some((each) => file === each || file.startsWith(`${each}/`)))
    .sort();
}

function* filesIn(path: string): Generator<string> {
  if (Deno.statSync(path).isFile) return yield path;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* filesIn(`${path}/${name}`);
    else if (/(^|[_.])test\.ts$/.test(name)) yield `${path}/${name}`;
  }
}
