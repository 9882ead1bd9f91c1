/** Measures something again and again; the median, because one round may meet whatever else the machine does. */
export async function medianOf(
  rounds: number,
  measure: (round: number) => Promise<number>,
): Promise<number> {
  const measured: number[] = [];
  for (let round = 1; round <= rounds; round++) measured.push(await measure(round));
  return measured.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!;
}
