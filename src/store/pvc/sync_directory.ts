/** Makes the names in a directory outlive a crash of the machine; a file's own fsync does not cover its name. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}
