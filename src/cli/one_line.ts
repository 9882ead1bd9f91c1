/**
 * A text without control characters: a message may hold line breaks, and escape sequences from an upstream's header would move
 * the cursor.
 */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
