const markPattern = /^\.[a-z]{1,32}-[0-9a-f]{64}\.json$/;

/** Returns the name of a mark. @throws {TypeError} if it is none: marks never meet artifacts nor leave the store */
export function checkMarkName(name: string): string {
  if (!markPattern.test(name)) throw new TypeError(`Cannot use "${name}": not the name of a mark`);
  return name;
}
