/** Everything in a folder, to any depth. */
export function pathsBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return [path, ...isDirectory ? pathsBelow(path) : []];
  });
}
