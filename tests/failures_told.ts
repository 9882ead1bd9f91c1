import { stripVTControlCharacters } from "node:util";

/**
 * Shows each line that `deno test` writes, and gives those in which it tells what has failed: all from its heading "ERRORS" on.
 * Its report does not know of what failed outside of a test.
 */
export async function failuresTold(
  lines: AsyncIterable<string>,
  show: (line: string) => void,
): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const line of lines) {
    show(line);
    if (told.length > 0 || stripVTControlCharacters(line) === " ERRORS ") told.push(line);
  }
  return told;
}
