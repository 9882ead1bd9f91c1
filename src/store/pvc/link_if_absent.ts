import { fileErrorState } from "../../core/file_error.ts";
import { ignoreAbsence } from "./file_conditions.ts";

/**
 * Gives a file another name unless that is taken: a link is made for one only of several writers. Where the file system
 * has none, the file is moved, and the last one wins.
 */
export async function linkIfAbsent(from: string, to: string): Promise<void> {
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (fileErrorState(error) === undefined) throw error;
    if (!await Deno.lstat(to).catch(ignoreAbsence)) await Deno.rename(from, to);
  }
}
