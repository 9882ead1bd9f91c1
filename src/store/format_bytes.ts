const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes for people, in the largest unit of which there is one: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return unit === 0 ? `${bytes} B` : `${(bytes / 2 ** (10 * unit)).toFixed(1)} ${units[unit]}`;
}
