/**
 * How many reconciles of a source have failed by the log of a controller: its status counts those only up to the last one
 * that said something new.
 */
export function failedReconciles(log: string, name: string): number {
  return log.split("\n").filter((line) =>
    line.includes('"msg":"reconcile failed"') && line.includes(`/${name}",`)
  ).length;
}
