import { seededRandom } from "../seeded_random.ts";
import { createContents } from "./contents.ts";

/** One document, where it must be in its archive, and what leads there. */
export interface ArtifactCase {
  /** Name of the ExternalSource; the first segment of `urlPath` too. */
  readonly name: string;
  readonly destinationPath: string | undefined;
  /** Path of the document's URL, percent-encoded. */
  readonly urlPath: string;
  /** Path of the file that must come out, made without the code under test. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

type Random = () => number;

const maxSegmentBytes = 255;
const maxPathBytes = 1_024;
const byteLength = (text: string) => new TextEncoder().encode(text).length;
const intBelow = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Random, values: readonly T[]): T =>
  values[intBelow(random, values.length)]!;

/** Of 1 to 4 bytes; composed and decomposed, from right to left, joined, wide, and what shells, URLs and PAX records care for. */
const alphabets = [
  [..."abcdefghijklmnopqrstuvwxyzABC0123456789-_.yaml"],
  [..." .~-_=+,;:!#$%&'()*?@[]^`{|}<>\"", "%2F", "%2e", "%00", "$(x)", "17 path="],
  [..."äößéñÅøłžđ", "e\u0301", "A\u030a", "ﬁ", "İ", "ß", "\u00a0", "\u00ad"],
  [..."日本語中文한국어ไทยहिन्दीעבריתالعربيةაბგ", "\u2028", "\u200d", "\ufeff", "\ufffd"],
  [..."🙂🚀𝒳𐍈🇪🇺", "👩‍👩‍👧", "a", " "],
] as const;

/** Whole segments that have been trouble somewhere. */
const specials = [
  ...["..a", "a..b", "...", "..a..b", ".hidden", "..data", ". ", " ", "  a  ", "-rf", "~", "*"],
  ...[
    "%2e%2e",
    "%",
    "$HOME",
    "a\u0301",
    "á",
    "data",
    "PaxHeader",
    "@LongLink",
    "con",
    "nul",
    "a:b",
  ],
] as const;

/** A name of exactly so many bytes. */
function nameOf(random: Random, bytes: number): string {
  const alphabet = pick<readonly string[]>(random, alphabets);
  let name = "";
  for (let left = bytes; left > 0; left = bytes - byteLength(name)) {
    const next = pick(random, alphabet);
    name += byteLength(next) <= left ? next : "x";
  }
  return name;
}

/** Lengths of all magnitudes, and often the ends: 1 and 255. */
function segmentBytes(random: Random): number {
  const kind = random();
  if (kind < 0.05) return 1;
  if (kind < 0.12) return maxSegmentBytes;
  if (kind < 0.14) return maxSegmentBytes - 1;
  return Math.ceil(maxSegmentBytes ** random());
}

function segmentOf(random: Random): string {
  const name = random() < 0.2 ? pick(random, specials) : nameOf(random, segmentBytes(random));
  return name === "." || name === ".." ? "x" : name;
}

/** A directory, of which DESIGN §3 and Flux's untar refuse that it ends in two dots. */
function directoryOf(random: Random): string {
  return segmentOf(random).replace(/\.\.$/, "x.");
}

/** Segments of a path within its limit; the last one is the file. */
function segmentsOf(random: Random): string[] {
  // A few are as deep as a path may be: Flux's untar takes a tenth of a second for each of them.
  const depth = random() < 0.01 ? 600 : 1 + intBelow(random, 6);
  const segments = [segmentOf(random)];
  // `data` may take the place of the file.
  const limit = maxPathBytes - Math.max(0, "data".length - byteLength(segments[0]!));
  while (segments.length < depth) {
    const next = depth === 600 ? nameOf(random, 1).replace(".", "x") : directoryOf(random);
    if (byteLength([next, ...segments].join("/")) > limit) break;
    segments.unshift(next);
  }
  return segments;
}

/** The same path as a person might write it: empty segments, `.` and a leading slash mean nothing. */
function written(random: Random, segments: readonly string[]): string {
  const joints = ["/", "/", "/", "//", "/./"];
  const start = pick(random, ["", "", "/", "./", "//"]);
  return start + segments.reduce((path, segment) => `${path}${pick(random, joints)}${segment}`);
}

type Place = Pick<ArtifactCase, "destinationPath" | "urlPath" | "path">;

function placeOf(random: Random, name: string): Place {
  const urlOf = (file: string) => `/${name}/${encodeURIComponent(file)}`;
  const segments = segmentsOf(random);
  const [path, file] = [segments.join("/"), segments.at(-1)!];
  const kind = random();
  if (kind < 0.02) return { destinationPath: undefined, urlPath: urlOf(file), path: "data" };
  const isDirectory = kind < 0.35 && segments.length > 1;
  if (!isDirectory) {
    return { destinationPath: written(random, segments), urlPath: urlOf("other"), path };
  }
  const directory = segments.slice(0, -1);
  const destinationPath = `${written(random, directory)}/`;
  // The browser's rule: what is encoded like this goes up one level or stays.
  const vanishes = /^(\.|%2e){1,2}$/i.test(encodeURIComponent(file));
  if (random() < 0.1 || vanishes) {
    return { destinationPath, urlPath: `/${name}/`, path: [...directory, "data"].join("/") };
  }
  return { destinationPath, urlPath: urlOf(file), path };
}

/**
 * Documents of 0 to 20 MiB at every kind of path that DESIGN §3 allows; the same ones for the same seed.
 *
 * @param count at least 100
 */
export function artifactCases(count: number, seed: number): readonly ArtifactCase[] {
  const random = seededRandom(seed);
  const contents = createContents(random);
  return Array.from({ length: count }, (_, index) => {
    const name = `case-${index}`;
    return { name, ...placeOf(random, name), content: contents(index) };
  });
}
