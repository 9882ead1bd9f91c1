import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";
import type { Program } from "./program.ts";

const script = fileURLToPath(new URL("../cluster/make-distroless.sh", import.meta.url));

/** What runs in the pods of these tests; the nodes have busybox beside. */
export const imageNames = {
  controller: "docker.io/library/externalsource-controller:e2e",
  hooks: "docker.io/library/externalsource-hook-executor:e2e",
  flux: "registry.test/kustomize-controller:e2e",
  s3: "registry.test/versitygw:e2e",
  busybox: "registry.test/busybox:1",
} as const;

/** As the stage `hooks` of the Dockerfile. */
const hookPackages = ["bash", "coreutils", "grep", "gzip", "jq", "procps", "sed", "tini"];

interface ImageParts {
  readonly name: string;
  readonly executable: string;
  /** Where it is in the image, as whose entrypoint. */
  readonly path: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Debian packages. */
  readonly packages?: readonly string[];
  /** As `VOLUME` in a Dockerfile. */
  readonly volumes?: readonly string[];
}

async function makeImage(directory: string, parts: ImageParts): Promise<string> {
  const { name, executable, path, files = {}, packages = [], volumes = [] } = parts;
  const base = join(directory, name.replaceAll(/[/:]/g, "-"));
  const root = `${base}.root`;
  await Deno.mkdir(root);
  for (const [target, source] of Object.entries(files)) {
    await Deno.mkdir(join(root, dirname(target)), { recursive: true });
    await Deno.symlink(source, join(root, target));
  }
  await runCommand(script, {
    args: [`${base}.tar`, name, executable, path, ...packages],
    env: {
      FILES: root,
      VOLUMES: JSON.stringify(Object.fromEntries(volumes.map((each) => [each, {}]))),
    },
  });
  return `${base}.tar`;
}

/**
 * Makes all images, without Docker, in the manner of distroless.
 *
 * @returns archives that `docker load` and containerd understand
 */
export async function makeImages(program: Program, directory: string): Promise<string[]> {
  const { executable, files } = program;
  const bin = await programDirectory();
  const images: readonly ImageParts[] = [
    {
      ...{ name: imageNames.controller, executable, path: "/manager", files },
      volumes: ["/tmp"],
    },
    {
      name: imageNames.hooks,
      executable,
      path: "/app/externalsource-hook-executor",
      files: { ...files, "/usr/local/bin/yq": join(bin, "yq") },
      packages: [...hookPackages, "util-linux"],
      volumes: ["/tmp"],
    },
    {
      name: imageNames.flux,
      executable: join(bin, "kustomize-controller"),
      path: "/kustomize-controller",
    },
    { name: imageNames.s3, executable: join(bin, "versitygw"), path: "/versitygw" },
  ];
  const archives: string[] = [];
  for (const image of images) archives.push(await makeImage(directory, image));
  return archives;
}
