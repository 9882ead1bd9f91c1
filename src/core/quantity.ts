const factors: Readonly<Record<string, number>> = {
  "": 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
};
const quantity = /^\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,2})|([KMGTP]i|[kMGTP]))?$/;

/**
 * A size in bytes, written as a Kubernetes quantity (`256Mi`, `1G`, `1.5Gi`, `1e6`); a fraction of a byte counts as one.
 *
 * @returns undefined if the text is none, is negative, or exceeds 2^53 bytes
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string): number | undefined {
  const match = quantity.exec(text);
  if (!match) return undefined;
  const [, digits, exponent, suffix] = match;
  const factor = exponent === undefined ? factors[suffix ?? ""]! : 10 ** Number(exponent);
  const bytes = Math.ceil(Number(digits) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes in the largest binary unit that divides them: `256Mi`, `1000`. */
export function formatQuantity(bytes: number): string {
  const unit = ["Pi", "Ti", "Gi", "Mi", "Ki"].find((each) => bytes % factors[each]! === 0);
  return bytes === 0 || unit === undefined ? `${bytes}` : `${bytes / factors[unit]!}${unit}`;
}
