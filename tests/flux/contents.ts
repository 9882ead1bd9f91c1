const maxBytes = 20 * 2 ** 20;
const stretchBytes = 64 * 1024;

/** At the ends, and around the blocks of tar and the pieces that we read. */
const chosenSizes = [
  ...[0, 0, 1, 511, 512, 513, 1_023, 1_024, 10_239, 10_240, 65_535, 65_536, 65_537, 131_072],
  ...[2 ** 20 - 1, 2 ** 20, 5_000_000, 12_345_678, 20_000_000, maxBytes],
];

/** Stretches that cannot be compressed beside some that can, as real documents have both. */
function createBlock(random: () => number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(maxBytes + 2 * stretchBytes);
  const text = new TextEncoder().encode('{"name":"größe","values":[1,2,3]}\n'.repeat(2_000));
  for (let start = 0; start < block.length; start += 2 * stretchBytes) {
    const words = new Uint32Array(block.buffer, start, stretchBytes / 4);
    for (let index = 0; index < words.length; index++) words[index] = random() * 2 ** 32;
    block.set(text.subarray(0, stretchBytes), start + stretchBytes);
  }
  return block;
}

/** What makes the content with a number: first those of chosen sizes up to 20 MiB, then small ones of all magnitudes. */
export function createContents(random: () => number): (index: number) => Uint8Array<ArrayBuffer> {
  const block = createBlock(random);
  return (index) => {
    const size = chosenSizes[index] ?? Math.floor(100_000 ** random());
    const start = Math.floor(random() * (block.length - size));
    return block.subarray(start, start + size);
  };
}
