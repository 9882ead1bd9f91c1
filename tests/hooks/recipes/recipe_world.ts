import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { writeHookToken } from "../../../src/hooks/hook_token.ts";
import { freePort } from "../../acceptance/controller_process.ts";
import { ExecutorProcess } from "../../acceptance/executor_process.ts";
import { yqProgram } from "../yq_program.ts";
import { buildInProcess } from "./build_in_process.ts";
import { buildThroughSidecar } from "./build_through_sidecar.ts";
import { buildTool } from "./build_tool.ts";
import type { Built } from "./built.ts";
import type { Recipe } from "./recipe.ts";
import { RecipeUpstream } from "./recipe_upstream.ts";
import { whitelistOf } from "./whitelist_of.ts";

/** What is built: manifests, and a whitelist that has to be enough for them. */
export type RecipeBuild = Pick<Recipe, "source" | "whitelist">;

/** An API, the programs of hooks, and an executor in a process of its own. */
export class RecipeWorld implements AsyncDisposable {
  readonly upstream: RecipeUpstream;
  readonly #folder: string;
  readonly #places: Readonly<Record<string, string>>;
  readonly #executor: ExecutorProcess;

  private constructor(
    parts: { upstream: RecipeUpstream; folder: string; places: Readonly<Record<string, string>> },
  ) {
    this.upstream = parts.upstream;
    this.#folder = parts.folder;
    this.#places = parts.places;
    const whitelist = join(parts.folder, "executor.yaml");
    this.#executor = new ExecutorProcess({
      whitelist,
      port: freePort(),
      tokenFile: this.#tokenFile,
    });
  }

  /** @param whitelists what the executor allows, all together; the controller has one at a time */
  static async start(
    whitelists: readonly string[],
    tools: Recipe["tools"] = {},
  ): Promise<RecipeWorld> {
    const folder = await Deno.makeTempDir({ prefix: "recipes-" });
    const places: Record<string, string> = { yq: await yqProgram() };
    for (const [name, tool] of Object.entries(tools)) {
      await buildTool(folder, { name, ...tool });
      places[name] = join(folder, name);
    }
    const text = whitelistOf(whitelists, places);
    await Deno.writeTextFile(join(folder, "executor.yaml"), text);
    const world = new RecipeWorld({ upstream: await RecipeUpstream.start(), folder, places });
    await writeHookToken(world.#tokenFile, randomBytes(32));
    await world.#executor.start();
    return world;
  }

  /** A path for what a program of a test remembers. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** By `build`. @throws {Error} with what it says */
  async buildInProcess(build: RecipeBuild): Promise<Built> {
    const { file, whitelist } = await this.#write(build);
    return await buildInProcess(file, { whitelist, folder: this.#folder });
  }

  /** As the controller does it. @throws {StepError} */
  async buildThroughSidecar(build: RecipeBuild): Promise<Built> {
    const { file, whitelist } = await this.#write(build);
    return await buildThroughSidecar(file, {
      ...{ whitelist, folder: this.#folder, tokenFile: this.#tokenFile },
      endpoint: this.#executor.origin,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#executor.end("SIGTERM");
    await this.upstream[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #tokenFile(): string {
    return this.path("token");
  }

  /** With the API of the test in the place of that of the recipe. */
  async #write(build: RecipeBuild): Promise<{ readonly file: string; readonly whitelist: string }> {
    const [file, whitelist] = [this.path("source.yaml"), this.path("whitelist.yaml")];
    const source = build.source.replace(/https:\/\/[\w.]+/, this.upstream.origin);
    await Deno.writeTextFile(file, source);
    await Deno.writeTextFile(whitelist, whitelistOf([build.whitelist], this.#places));
    return { file, whitelist };
  }
}
