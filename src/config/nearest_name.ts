/** The name that a typing error most likely meant, or undefined if none is near. */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  // A third of the letters may be wrong: "--concurent" is near "--concurrent", "--port" is not near "--path".
  let smallest = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  let nearest: string | undefined;
  for (const name of names) {
    const distance = editDistance(wrong, name);
    if (distance < smallest) [smallest, nearest] = [distance, name];
  }
  return nearest;
}

/** Optimal string alignment: insertions, deletions, replacements, swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
        ? beforeLast[column - 2]! + 1
        : Infinity;
      current[column] = Math.min(last[column]! + 1, current[column - 1]! + 1, replaced, swapped);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
