/** FNV-1a over UTF-16 code units: 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** The finalizer of MurmurHash3: each bit of the input changes each bit of the output with a probability of a half. */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Of the members seen so far: each is asked for with every source. */
const memberHashes = new Map<string, number>();
const maxMemberHashes = 1_024;

function memberHashOf(name: string): number {
  const known = memberHashes.get(name);
  if (known !== undefined) return known;
  if (memberHashes.size >= maxMemberHashes) memberHashes.clear();
  const hash = mixed(hashOf(name));
  memberHashes.set(name, hash);
  return hash;
}

/**
 * The member with the highest hash of (member, uid), which is rendezvous hashing (Thaler and Ravishankar, 1998): when a
 * member goes only its own sources move, and they spread over all that stay. Every replica must come to the same answer,
 * also one of another version: the hash may never change.
 *
 * @returns undefined if there are no members
 */
export function highestOf(members: readonly string[], uid: string): string | undefined {
  const uidHash = mixed(hashOf(uid));
  let [highest, highestScore]: [string | undefined, number] = [undefined, -1];
  for (const member of members) {
    const score = mixed(memberHashOf(member) ^ uidHash);
    const isHigher = score > highestScore || (score === highestScore && member > highest!);
    if (isHigher) [highest, highestScore] = [member, score];
  }
  return highest;
}
