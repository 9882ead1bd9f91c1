import type { HookEnd } from "./hook_runner.ts";

/** Why a command ended; an error is thrown on. */
export type Ending = HookEnd | { readonly error: unknown };

/** The one reason for which a command ends: the first that is given. */
export class CommandEnding {
  readonly #kill: () => void;
  readonly #reason = Promise.withResolvers<Ending>();
  readonly #over = Promise.withResolvers<void>();
  #running = true;

  /** @param kill kills the command */
  constructor(kill: () => void) {
    this.#kill = kill;
  }

  /** Resolves with the reason. */
  get reason(): Promise<Ending> {
    return this.#reason.promise;
  }

  /** Resolves when the command has ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Ends the command if it still runs; afterwards its number may be another one's. */
  readonly because = (ending: Ending): void => {
    this.#reason.resolve(ending);
    if (this.#running) this.#kill();
  };

  /** Ends the command for what is no end of a hook. */
  readonly failed = (error: unknown): void => this.because({ error });

  /** To be called when the command has ended. */
  ended(): void {
    this.#running = false;
    this.#over.resolve();
  }
}
