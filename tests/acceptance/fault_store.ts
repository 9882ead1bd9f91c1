/** One way in which a store, or the way to it, fails. */
export interface StoreFault {
  readonly name: string;
  begin(): Promise<void> | void;
  /** All is well again; what is lost stays lost. */
  end(): Promise<void> | void;
}

/** A real store behind a proxy, as a controller is told of it. */
export interface FaultyStore extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** Nobody answers. */
  readonly dead: StoreFault;
  /** Reads go on, writes are refused. */
  readonly readOnly: StoreFault;
  /** What else may happen, each at places and times that chance decides. */
  readonly faults: readonly StoreFault[];
}

/** A whole number from 0 to below `limit`. */
export function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

/** Milliseconds by which a connection is slow: mostly fractions of a second, sometimes 5 s. */
export function slowness(random: () => number): number {
  return random() < 0.1 ? 5_000 : 20 + below(200, random);
}
