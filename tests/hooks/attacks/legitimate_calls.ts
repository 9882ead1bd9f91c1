import type { LegitimateCall } from "./attack.ts";

const people = '{"items":[{"name":"Ada","age":36},{"name":"Grace","age":45}]}';
const lines = "b 2\na 10\nb 2\nc 1\n";
const csv = "name,age\nAda,36\nGrace,45\n";

type Row = readonly [stdin: string, stdout: string, command: string, ...args: string[]];

const rows: readonly Row[] = [
  [people, "Ada\nGrace\n", "jq", "-r", ".items[].name"],
  [people, '{"n":2}\n', "jq", "-c", "{n: (.items | length)}"],
  [people, '"Grace"\n', "jq", ".items | max_by(.age).name"],
  [people, '["Ada"]\n', "jq", "-c", "[.items[] | select(.age < 40) | .name]"],
  [people, "36,45\n", "jq", "-r", '[.items[].age | tostring] | join(",")'],
  ["1 2 3", "6\n", "jq", "-s", "add"],
  ["", '"a b"\n', "jq", "-n", "--arg", "x", "a b", "$x"],
  ["", '["/etc/passwd"]\n', "jq", "-nc", "$ARGS.positional", "--args", "/etc/passwd"],
  ["a\nb", '["a","b"]\n', "jq", "-Rsc", 'split("\\n")'],
  ['{"env":1}', "1\n", "jq", ".env # the field, not the environment"],
  ['{"a":"x-1"}', "true\n", "jq", '.a | test("^[a-z]-[0-9]$")'],
  ["a: {b: 1}\n", "1\n", "yq", ".a.b"],
  ['{"a":[1,2]}', "a:\n  - 1\n  - 2\n", "yq", "-P", "-p", "json"],
  ["a: [x, y]\n", '{"a":["x","y"]}\n', "yq", "-o=json", "-I0", "."],
  ["env: 1\nload: 2\n", "2\n", "yq", ".load"],
  ["a: 1\n---\na: 2\n", "1\n2\n", "yq", "-N", ".a"],
  ["a: 1\n", "a: 1\nb: /etc/passwd\n", "yq", '.b = "/etc/passwd"'],
  ["hello\n", "hallo\n", "sed", "s/e/a/"],
  [lines, "a 10\n", "sed", "-n", "/^a/p"],
  [lines, "b 2\n", "sed", "1q"],
  ["a/b/c\n", "a.b.c\n", "sed", "s,/,.,g"],
  ["one two\n", "two one\n", "sed", "-E", "s/(\\w+) (\\w+)/\\2 \\1/"],
  ["x\n", "x\nw file\n", "sed", "a w file"],
  [lines, "b 2\nb 2\n", "grep", "b"],
  [lines, "2\n", "grep", "-c", "^b"],
  [lines, "a 10\nc 1\n", "grep", "-v", "b"],
  [lines, "10\n", "grep", "-oE", "[0-9]{2}"],
  [lines, "a 10\nb 2\nb 2\nc 1\n", "sort"],
  [lines, "c 1\nb 2\na 10\n", "sort", "-k2,2n", "-u"],
  [lines, "c 1\nb 2\na 10\nb 2\n", "tac"],
  ["a\na\nb\n", "      2 a\n      1 b\n", "uniq", "-c"],
  [csv, "name\nAda\nGrace\n", "cut", "-d,", "-f1"],
  [csv, "age\n36\n45\n", "cut", "--delimiter=,", "--fields=2"],
  ["Hello", "HELLO", "tr", "a-z", "A-Z"],
  ["a\r\nb\r\n", "a\nb\n", "tr", "-d", "\\r"],
  [lines, "b 2\n", "head", "-n", "1"],
  [lines, "c 1\n", "tail", "-1"],
  [lines, "4\n", "wc", "-l"],
  ["hello", "aGVsbG8=\n", "base64"],
  ["aGVsbG8=", "hello", "base64", "-d"],
  ["hi", "NBUQ====\n", "base32"],
  [
    "",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -\n",
    "sha256sum",
  ],
  ["", "d41d8cd98f00b204e9800998ecf8427e  -\n", "md5sum"],
  ["a\nb\n", "a,b\n", "paste", "-sd,"],
  ["abcdef\n", "abc\ndef\n", "fold", "-w3"],
  ["a\tb\n", "a   b\n", "expand", "-t4"],
  ["abc\n", "cba\n", "rev"],
  ["x\n", "     1\tx\n", "nl"],
  ["1500\n", "1.5K\n", "numfmt", "--to=si"],
  ["é", "Ã©", "iconv", "-f", "LATIN1", "-t", "UTF-8"],
  ["AB", " 41 42\n", "od", "-An", "-tx1"],
  ["a b c d\n", "a b\nc d\n", "fmt", "-w4"],
  ["plain", "plain", "cat"],
  ["", "abc|--level=1||", "limited", "abc", "--level=1"],
  ["", "genuine\n", "pinned"],
];

/** Calls that a table which refuses everything would fail on: those of the shipped whitelist, and of tools of a user's own. */
export const legitimateCalls: readonly LegitimateCall[] = [
  ...rows.map(([stdin, stdout, command, ...args]) => ({ stdin, stdout, command, args })),
  {
    ...{ command: "limited", args: [], stdin: "" },
    env: { LISTED: "a value; $(id)\nof two lines" },
    stdout: "a value; $(id)\nof two lines|",
  },
  {
    ...{ command: "reading", args: ["-nr", "env.LISTED"], stdin: "" },
    env: { LISTED: "read" },
    stdout: "read\n",
  },
];
