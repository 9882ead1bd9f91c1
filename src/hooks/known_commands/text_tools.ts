import type { CommandRule } from "./command_rule.ts";
import { optionSyntax, type SyntaxDetails } from "./option_syntax.ts";
import { type GivenOption, readOptions } from "./read_options.ts";
import { refuseFiles } from "./refuse_files.ts";

interface TextTool extends SyntaxDetails {
  /** As {@linkcode optionSyntax} takes them. */
  readonly options: string;
  /** Operands are names of files unless they are plain texts. */
  readonly operands?: "texts";
  /** Values that would be opened as files. */
  readonly refuseValue?: (option: GivenOption) => string | undefined;
}

const writes = "writes a file";
const reads = "reads a file";
const listed = "opens files that its input names";
const follows = "waits for files to grow";

const digest: TextTool = {
  options: "b t z binary text tag zero",
  refused: { "-c": listed, "--check": listed },
};
const base: TextTool = { options: "d i w: decode ignore-garbage wrap:" };
const gzip: TextTool = {
  options:
    "c d f k n q t v 1 2 3 4 5 6 7 8 9 stdout to-stdout decompress uncompress no-name quiet force test fast best",
  refused: { "-r": "reads directories", "--recursive": "reads directories" },
};
const bzip2: TextTool = {
  options: "c d f k q s t v z 1 2 3 4 5 6 7 8 9 stdout decompress compress quiet small fast best",
};
const xz: TextTool = {
  options:
    "c d f k q t v z e 0 1 2 3 4 5 6 7 8 9 F: C: stdout to-stdout decompress compress format: check: extreme quiet",
  refused: { "--files": listed, "--files0": listed },
};

/**
 * Filters from standard input to standard output, with the options that are harmless: those of coreutils 9.1 and
 * util-linux 2.38. BusyBox has fewer, with the same meanings.
 */
const tools: Readonly<Record<string, TextTool>> = {
  base32: base,
  base64: base,
  basenc: {
    options:
      "d i w: decode ignore-garbage wrap: base64 base64url base32 base32hex base16 base2msbf base2lsbf z85",
  },
  b2sum: { ...digest, options: `${digest.options} l: length:` },
  bunzip2: bzip2,
  bzip2,
  cat: {
    options:
      "A b e E n s t T u v show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting",
  },
  cksum: { ...digest, options: "a: l: algorithm: length: untagged" },
  column: {
    options:
      "t s: o: c: x J N: table separator: output-separator: output-width: fillrows json table-columns:",
  },
  cut: {
    options:
      "b: c: d: f: n s z bytes: characters: delimiter: fields: complement only-delimited output-delimiter: zero-terminated",
  },
  date: {
    options: "d: I? R u date: iso-8601? rfc-3339: rfc-email utc universal",
    operands: "texts",
    refused: {
      "-f": reads,
      "--file": reads,
      "-r": reads,
      "--reference": reads,
      "-s": "sets the clock",
      "--set": "sets the clock",
    },
  },
  expand: { options: "i t: initial tabs:" },
  fmt: {
    options:
      "c g: p: s t u w: crown-margin goal: prefix: split-only tagged-paragraph uniform-spacing width:",
    numbers: true,
  },
  fold: { options: "b s w: bytes spaces width:", numbers: true },
  gunzip: gzip,
  gzip,
  head: {
    options: "c: n: q v z bytes: lines: quiet silent verbose zero-terminated",
    numbers: true,
  },
  hexdump: { options: "b C c d o s: n: v x canonical", refused: { "-f": reads } },
  iconv: {
    options: "c f: t: from-code: to-code:",
    refused: { "-o": writes, "--output": writes },
    // glibc takes a name with a slash for the path of a character map.
    refuseValue: ({ value = "" }) =>
      /^[\w.:-]+(\/\/(TRANSLIT|IGNORE))*$/i.test(value) ? undefined : reads,
  },
  md5sum: digest,
  nl: {
    options:
      "b: d: f: h: i: l: n: p s: v: w: body-numbering: footer-numbering: header-numbering: line-increment: no-renumber number-format: number-separator: number-width: starting-line-number:",
  },
  numfmt: {
    options:
      "d: z delimiter: field: format: from: from-unit: grouping invalid: padding: round: suffix: to: to-unit: zero-terminated",
    operands: "texts",
  },
  od: {
    options:
      "A: a b c d f i j: l N: o s t: v x address-radix: endian: format: output-duplicates read-bytes: skip-bytes:",
  },
  paste: { options: "d: s z delimiters: serial zero-terminated" },
  rev: { options: "" },
  sha1sum: digest,
  sha224sum: digest,
  sha256sum: digest,
  sha384sum: digest,
  sha512sum: digest,
  shuf: {
    options: "i: n: r z input-range: head-count: repeat zero-terminated",
    refused: { "-o": writes, "--output": writes, "--random-source": reads },
  },
  sort: {
    options:
      "b c C d f g h i k: m M n r R s S: t: u V z buffer-size: check? debug dictionary-order field-separator: general-numeric-sort human-numeric-sort ignore-case ignore-leading-blanks ignore-nonprinting key: merge month-sort numeric-sort random-sort reverse sort: stable unique version-sort zero-terminated",
    refused: {
      "-o": writes,
      "--output": writes,
      "-T": "writes files where it is told",
      "--temporary-directory": "writes files where it is told",
      "--compress-program": "runs a command",
      "--files0-from": listed,
      "--random-source": reads,
    },
  },
  sum: { options: "r s sysv" },
  tac: { options: "b r s: before regex separator:" },
  tail: {
    options: "c: n: q v z bytes: lines: quiet silent verbose zero-terminated",
    numbers: true,
    refused: { "-f": follows, "-F": follows, "--follow": follows, "--retry": follows },
  },
  tr: {
    options: "c C d s t complement delete squeeze-repeats truncate-set1",
    operands: "texts",
  },
  tsort: { options: "" },
  unexpand: { options: "a t: all first-only tabs:" },
  uniq: {
    options:
      "c d D f: i s: u w: z all-repeated? check-chars: count group? ignore-case repeated skip-chars: skip-fields: unique zero-terminated",
  },
  unxz: xz,
  unzstd: { options: "c d q stdout decompress quiet" },
  wc: {
    options: "c l L m w bytes chars lines max-line-length total: words",
    refused: { "--files0-from": listed },
  },
  xz,
  xzcat: xz,
  zstd: { options: "c d q stdout decompress quiet" },
};

/** Rules for the filters of coreutils and their like, by command. */
export const textTools: Readonly<Record<string, CommandRule>> = Object.fromEntries(
  Object.entries(tools).map(([name, tool]) => [name, ruleFor(tool)]),
);

function ruleFor(tool: TextTool): CommandRule {
  const syntax = optionSyntax(`${tool.options} help version`, tool);
  return ({ args }) => {
    const given = readOptions(args, syntax);
    if (given.refusal) return given.refusal;
    const { options, operands } = given;
    for (const option of options) {
      const why = tool.refuseValue?.(option);
      if (why !== undefined && option.value !== undefined) {
        return { place: option.place, token: option.name, why };
      }
    }
    return tool.operands === "texts" ? undefined : refuseFiles(operands);
  };
}
