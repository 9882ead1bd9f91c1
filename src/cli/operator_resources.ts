import type { Generator } from "../generate/generator.ts";
import { closeGenerators, createGenerators } from "./create_generators.ts";
import {
  type OpenedStore,
  openStore,
  type OpenStoreOptions,
  type OpenStoreValues,
} from "./open_store.ts";
import { Servers, type ServersParts } from "./servers.ts";
import { openSpoolDirectory } from "./spool_directory.ts";
import { slewedClock } from "./slewed_clock.ts";
import { systemClock } from "./system_clock.ts";

/**
 * What an operator holds of the machine: files, connections, ports. Given back in the reverse order, also if a later one
 * could not be had.
 */
export class OperatorResources implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  /** Something else to be given back. */
  defer(release: () => void | Promise<void>): void {
    this.#stack.defer(release);
  }

  /** The store that the settings name, and a directory for files that outlive no reconcile. */
  async openStore(
    values: OpenStoreValues,
    onCorrupt: OpenStoreOptions["onCorrupt"],
  ): Promise<OpenedStore & { readonly spoolDirectory: string }> {
    const { path: spoolDirectory } = this.#stack.use(
      await openSpoolDirectory({ now: systemClock.now() }),
    );
    const opened = await openStore(values, { clock: slewedClock, spoolDirectory, onCorrupt });
    this.defer(() => opened.store.close());
    return { ...opened, spoolDirectory };
  }

  /** @see createGenerators */
  createGenerators(...given: Parameters<typeof createGenerators>): Record<string, Generator> {
    const generators = createGenerators(...given);
    this.defer(() => closeGenerators(generators));
    return generators;
  }

  /** @throws {InputError} if an address is in use */
  startServers(parts: ServersParts): Servers {
    const servers = new Servers(parts);
    this.defer(() => servers.close());
    return servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
