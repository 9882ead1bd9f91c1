/** A directory that a Secret is mounted at, and that is replaced as the kubelet does: by a link to another directory. */
export class MountedSecret implements AsyncDisposable {
  readonly path: string;
  #version = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(data: Readonly<Record<string, string>>): Promise<MountedSecret> {
    const secret = new MountedSecret(await Deno.makeTempDir());
    await secret.replace(data);
    return secret;
  }

  /** Other values of the same keys. */
  async replace(data: Readonly<Record<string, string>>): Promise<void> {
    const version = `..${++this.#version}`;
    await Deno.mkdir(`${this.path}/${version}`);
    for (const [name, text] of Object.entries(data)) {
      await Deno.writeTextFile(`${this.path}/${version}/${name}`, text);
      if (this.#version === 1) await Deno.symlink(`..data/${name}`, `${this.path}/${name}`);
    }
    await Deno.symlink(version, `${this.path}/..new`);
    await Deno.rename(`${this.path}/..new`, `${this.path}/..data`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
