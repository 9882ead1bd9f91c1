/** A table of the files of a directory and their first lines, which are comments. */
export function chartExamplesTable(directory: URL): string {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  return [
    ...["| file | what it makes |", "| --- | --- |"],
    ...names.map((name) => `| \`${name}\` | ${aboutOf(new URL(name, directory))} |`),
  ].join("\n");
}

function aboutOf(file: URL): string {
  const [about = ""] = Deno.readTextFileSync(file).split("\n", 1);
  if (!about.startsWith("# ")) throw new Error(`${file.pathname} does not begin with a comment`);
  return about.slice(2);
}
