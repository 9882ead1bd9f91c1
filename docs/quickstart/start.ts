/**
 * The quickstart: a release service in a process of its own, and `local` on a folder with one ExternalSource that fetches
 * from it. Needs no cluster and no internet; Ctrl-C ends both.
 */
const here = import.meta.dirname!;
const folder = await Deno.makeTempDir({ prefix: "externalsource-quickstart-" });

const service = new Deno.Command(Deno.execPath(), {
  args: ["run", "--quiet", "--allow-net=127.0.0.1", `${here}/release_service.ts`],
  stdin: "null",
  stdout: "piped",
}).spawn();

/** The port that the release service prints in its first line; its output is read on, so that it never blocks. */
async function portOf(output: ReadableStream<Uint8Array>): Promise<string> {
  const lines = output.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await lines.read();
  return value.trim();
}

const port = await portOf(service.stdout);
const manifest = await Deno.readTextFile(`${here}/release.yaml`);
await Deno.writeTextFile(`${folder}/release.yaml`, manifest.replace(":8765/", `:${port}/`));
console.log(
  `A release service answers at http://127.0.0.1:${port}/release.json and changes every 10 s.`,
);
console.log(`The ExternalSource that fetches it: ${folder}/release.yaml (edit it, and see).\n`);

const local = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--quiet",
    "--allow-all",
    "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25",
    `${here}/../../src/main.ts`,
    "local",
    folder,
    "--min-interval=5s",
    "--artifact-server-port=0",
    ...Deno.args,
  ],
}).spawn();

// SIGHUP is what a terminal sends that is closed.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => end(local, "SIGTERM"));
}
const { code } = await local.status;
end(service, "SIGTERM");
await service.status;
await Deno.remove(folder, { recursive: true });
Deno.exit(code);

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended already
  }
}
