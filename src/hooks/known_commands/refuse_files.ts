import type { Refusal } from "./command_rule.ts";
import type { Operand } from "./read_options.ts";

/** Refuses operands that name files; a single `-`, standard input, may stand there. */
export function refuseFiles(operands: readonly Operand[]): Refusal | undefined {
  const file = operands.find(({ text }, index) => text !== "-" || index > 0);
  return file && { place: file.place, why: "names a file, only standard input may be read" };
}
