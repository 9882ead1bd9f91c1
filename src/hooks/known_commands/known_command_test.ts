import assert from "node:assert/strict";
import { knownCommand } from "./known_command.ts";

type Case = readonly [args: readonly string[], refused?: string];

/** What the table says of a call, as `3 "--rawfile" reads a file`; undefined if it has nothing against it. */
function refusalOf(command: string, args: readonly string[]): string | undefined {
  const known = knownCommand(command);
  if (known?.refused !== undefined) return known.refused;
  const refusal = known?.rule({ args, env: ["LISTED"] });
  if (!refusal) return undefined;
  const token = refusal.token === undefined ? "" : ` ${JSON.stringify(refusal.token)}`;
  return `${refusal.place}${token} ${refusal.why}`;
}

const file = "names a file, only standard input may be read";
const unknown = "is not among the options that are known to be harmless";
const cases: Readonly<Record<string, readonly Case[]>> = {
  jq: [
    [[]],
    [["."]],
    [["-r", ".items[] | .metadata.name"]],
    [["-nrc", "--arg", "a", "--rawfile", "--argjson", "b", "1", "{$a, $b}"]],
    [[".", "-"]],
    [["--tab", "--seq", "--stream", "--indent", "3", "--sort-keys", "."]],
    [["$ARGS.positional", "--args", "/etc/passwd", "--jsonargs", "1"]],
    [["--", "-1"]],
    [['{env: .env, "a\\(.import)": 1, include: 2} # env of import']],
    [[".spec.containers[] | {name, env, image} | .env[0].name"]],
    [["$ENV.LISTED + env.LISTED"]],
    [['def f($env): $env; f(1) | @base64 "x\\(.)" | ltrimstr("$ENV")']],
    [["-f", "x.jq"], '1 "-f" reads a file'],
    [["-rf", "x.jq"], '1 "-f" reads a file'],
    [[".", "-nL/etc"], '2 "-L" loads modules from files'],
    [[".", "--rawfile", "x", "/etc/passwd"], '2 "--rawfile" reads a file'],
    [[".", "--slurpfile", "x", "/etc/passwd"], '2 "--slurpfile" reads a file'],
    [["--argfile", "x", "/etc/passwd", "."], '1 "--argfile" reads a file'],
    [["--from-file", "x"], '1 "--from-file" reads a file'],
    [["--library-path", "/"], '1 "--library-path" loads modules from files'],
    [["--run-tests", "/etc/passwd"], '1 "--run-tests" reads a file'],
    [["--raw", "."], `1 "--raw" ${unknown}`],
    [["--arg=x", "y"], `1 "--arg" ${unknown}`],
    [[".", "/etc/passwd"], `2 ${file}`],
    [["/etc/passwd", "--args", "a"]],
    [[".", "a", "--args"], `2 ${file}`],
    [["--", ".", "-r"], `3 ${file}`],
    [["--indent", "7", ".", "-1"], `4 ${file}`],
    [['import "a" as a; .'], '1 "import" loads a module from a file'],
    [['include "a"; .'], '1 "include" loads a module from a file'],
    [['# x\nimport "a" as $a; .'], '1 "import" loads a module from a file'],
    [['# "\nenv # "'], '1 "env" reads the environment'],
    [["# \\\nenv"], '1 "#" begins a comment that has a backslash or a carriage return at its end'],
    [["$ENV.PATH"], '1 "$ENV" reads the environment'],
    [["$ # x\n ENV"], '1 "$ENV" reads the environment'],
    [['"a\\("b\\(env)")"'], '1 "env" reads the environment'],
    [["{a: env}"], '1 "env" reads the environment'],
    [["{(env|tostring): 1}"], '1 "env" reads the environment'],
    [["[1,env]"], '1 "env" reads the environment'],
    [["{$ENV}"], '1 "$ENV" reads the environment'],
    [["..|env"], '1 "env" reads the environment'],
    [["..env"], '1 "env" reads the environment'],
    [["env.OTHER"], '1 "env" reads the environment'],
    [["input_filename"], '1 "input_filename" tells of files'],
    [['"a" | modulemeta'], '1 "modulemeta" loads a module from a file'],
    [["get_search_list"], '1 "get_search_list" tells of directories'],
    [["$__prog_args"], '1 "$__prog_args" reads the arguments of the program'],
    [['"unclosed'], '1 "\\"" has no counterpart: the program cannot be read'],
    [["[1)"], '1 ")" has no counterpart: the program cannot be read'],
  ],
  yq: [
    [[]],
    [["-P"]],
    [["-o=json", "-I0", ".a.load.env"]],
    [["e", '.spec.env[0] // "load(x)"', "-"]],
    [["eval-all", "select(fi == 0)", "-"]],
    [["-p", "json", "--output-format", "yaml", '. * {"a": "$(x)"}']],
    [["-n", '.a.["x y"] = 1.5 + 0x1F # e']],
    [["--expression", "/a/ | .b"]],
    [[".a = strenv(LISTED) | .b = env(LISTED)"]],
    [['.a | @base64d | from_yaml | with_entries(.key |= "x-" + .)']],
    [["."]],
    [['load("/etc/passwd")'], '1 "load" reads a file'],
    [['.a=load_str("/etc/passwd")'], '1 "load" reads a file'],
    [['loadstr("/etc/passwd")'], '1 "load" reads a file'],
    [['..load("x")'], '1 "load" reads a file'],
    [['.a|notload("x")'], '1 "load" reads a file'],
    [['xml_load("x")'], '1 "load" reads a file'],
    [['load_base64("x")'], '1 "load" reads a file'],
    [['1.5+" " | load("x") | " "'], '1 "load" reads a file'],
    [['."a load("x")'], '1 "load" reads a file'],
    [['# load\nload("x")'], '1 "load" reads a file'],
    [['"a \\(load(\\"x\\"))"'], '1 "load" reads a file'],
    [["env(HOME)"], '1 "env" reads the environment'],
    [["strenv(OTHER)"], '1 "env" reads the environment'],
    [['"$PATH" | envsubst'], '1 "env" reads the environment'],
    [["envsubst(nu,ne)"], '1 "env" reads the environment'],
    [['"lo" + "ad(x)" | eval(.)'], '1 "eval" runs an expression that nobody has checked'],
    [['system("id")'], '1 "system" runs a command'],
    [
      ["--security-enable-system-operator", "."],
      '1 "--security-enable-system-operator" lets an expression run commands',
    ],
    [["-i", ".a=1", "x.yaml"], '1 "-i" writes files'],
    [["-Pi", ".a=1", "x.yaml"], '1 "-i" writes files'],
    [["-s", ".a"], '1 "-s" writes files'],
    [["--split-exp=.a"], '1 "--split-exp" writes files'],
    [["--split-exp-file", "x"], '1 "--split-exp-file" reads a file'],
    [["--from-file", "x"], '1 "--from-file" reads a file'],
    [["-f", "extract", "."], '1 "-f" writes a temporary file'],
    [[".", "/etc/passwd"], `2 ${file}`],
    [["eval", ".", "/etc/passwd"], `3 ${file}`],
    [["-", "/etc/passwd"], `2 ${file}`],
    [["--expression", ".", "/etc/passwd"], `3 ${file}`],
    [
      ["/etc/passwd"],
      '1 could be the path of a file; write it behind --expression, or a blank before the "/"',
    ],
    [
      ["../../etc/passwd"],
      '1 could be the path of a file; write it behind --expression, or a blank before the "/"',
    ],
    [["-p", "lua"], '2 "-p" runs the Lua code of a document'],
    [["-Pp=l"], '1 "-p" runs the Lua code of a document'],
    [["-o"], '1 "-o" needs a value'],
    [['--expression=load("x")'], '1 "load" reads a file'],
    [['."x', '"unclosed'], `2 ${file}`],
    [['"unclosed'], '1 "\\"" has no counterpart'],
  ],
  sed: [
    [["s/a/b/g"]],
    [["-n", "-E", "/^w/,/e$/{s|r(.)|e\\1|gI;p}"]],
    [["-ne", "$!N;P;D", "-e", "2,3!d;y/er/we/"]],
    [["s/[/]e/x/;s,[^,]*$,,"]],
    [["1i\\\ne id\\\nw file\n$a w file"]],
    [[":a;s/x/y/;ta;b"]],
    [["s/a/\\/e/;s/\\/w/x/", "-"]],
    [["--expression=1~2d;/x/I,+3p;q5"]],
    [["--sandbox", "-z", "s/\\n/,/g # e"]],
    [["e id"], '1 "e" as a command runs a command'],
    [["1!e"], '1 "e" as a command runs a command'],
    [["s/x/id/e"], '1 "e" as a flag of s runs a command'],
    [["s/x/id/ge"], '1 "e" as a flag of s runs a command'],
    [["s,x,id,2e"], '1 "e" as a flag of s runs a command'],
    [["s/x/y/w /tmp/x"], '1 "w" as a flag of s writes a file'],
    [["/x/w /tmp/x"], '1 "w" as a command writes a file'],
    [["r /etc/passwd"], '1 "r" as a command reads a file'],
    [["$!{R /etc/passwd\n}"], '1 "R" as a command reads a file'],
    [["-e", "a foo", "-e", "e id"], '2 "e" as a command runs a command'],
    [["-e", "a foo\\", "-e", "e id"]],
    [["#e\ne"], '1 "e" as a command runs a command'],
    [["s/[/]/x/e"], '1 "e" as a flag of s runs a command'],
    [["s/[/x/e;s/]/y/"], '1 "e" as a flag of s runs a command'],
    [["F"], '1 "F" as a command tells of files'],
    [["a\\  \\\n"], '1 "\\\\" stands where versions of sed read it differently'],
    [[":a}"]],
    [["k"], '1 "k" cannot be read as a part of a sed script'],
    [["s/a/b"], '1 "/" cannot be read as a part of a sed script'],
    [["-i", "s/a/b/", "x"], '1 "-i" writes files'],
    [["-ni.bak", "p"], '1 "-i" writes files'],
    [["--in-place=.bak", "p"], '1 "--in-place" writes files'],
    [["-f", "x.sed"], '1 "-f" reads a file'],
    [["--file=x.sed"], '1 "--file" reads a file'],
    [["--fil=x.sed"], `1 "--fil" ${unknown}`],
    [["-s", "p"], '1 "-s" is for several files'],
    [["p", "/etc/passwd"], `2 ${file}`],
    [["/etc/passwd", "-e", "p"], `1 ${file}`],
    [["--posix", "p"], `1 "--posix" ${unknown}`],
  ],
  grep: [
    [["-v", "^#"]],
    [["-Eic", "--color=never", "-A3", "/etc/passwd", "-"]],
    [["-e", "a", "-5", "-m", "1"]],
    [["-f", "/etc/passwd"], '1 "-f" reads a file'],
    [["-nf/etc/passwd"], '1 "-f" reads a file'],
    [["--file=/etc/passwd"], '1 "--file" reads a file'],
    [["-r", "x"], '1 "-r" reads directories'],
    [["--recursive", "x"], '1 "--recursive" reads directories'],
    [["x", "/etc/passwd"], `2 ${file}`],
    [["-e", "x", "/etc/passwd"], `3 ${file}`],
    [["--exclude-from=x", "y"], '1 "--exclude-from" reads a file'],
  ],
  sort: [
    [["-t,", "-k2,2n", "-ru"]],
    [["--key=1", "-"]],
    [["-o", "x"], '1 "-o" writes a file'],
    [["-uo/tmp/x"], '1 "-o" writes a file'],
    [["--compress-program=sh"], '1 "--compress-program" runs a command'],
    [["--compress-prog=sh"], `1 "--compress-prog" ${unknown}`],
    [["-T", "/tmp"], '1 "-T" writes files where it is told'],
    [["--files0-from=-"], '1 "--files0-from" opens files that its input names'],
    [["--random-source=/etc/passwd", "-R"], '1 "--random-source" reads a file'],
    [["/etc/passwd"], `1 ${file}`],
  ],
  tr: [[["-d", "\\r"]], [["a-z", "A-Z"]], [["--", "-", "_"]]],
  cut: [[["-d", ":", "-f1"]], [["-f1", "/etc/passwd"], `2 ${file}`]],
  head: [[["-5"]], [["-n", "-1"]], [["-c5", "/etc/passwd"], `2 ${file}`]],
  tail: [[["-n+2"]], [["-f"], '1 "-f" waits for files to grow'], [["+5"], `1 ${file}`]],
  uniq: [[["-c", "-"]], [["-", "out"], `2 ${file}`], [["-", "-"], `2 ${file}`]],
  wc: [[["-l"]], [["--files0-from=-"], '1 "--files0-from" opens files that its input names']],
  base64: [[["-d"]], [["-w0", "x"], `2 ${file}`]],
  sha256sum: [[[]], [["-c"], '1 "-c" opens files that its input names']],
  paste: [[["-sd,", "-"]], [["-s", "/etc/passwd"], `2 ${file}`]],
  date: [[["-u", "+%s"]], [["-f", "/etc/passwd"], '1 "-f" reads a file']],
  iconv: [
    [["-f", "LATIN1", "-t", "ASCII//TRANSLIT"]],
    [["-f", "/etc/passwd"], '2 "-f" reads a file'],
    [["-t", "UTF-8", "-o", "x"], '3 "-o" writes a file'],
  ],
  gunzip: [[["-c"]], [["-r", "."], '1 "-r" reads directories']],
};
for (const [command, calls] of Object.entries(cases)) {
  for (const [args, refused] of calls) {
    const verb = refused === undefined ? "allows" : "refuses";
    Deno.test(`knownCommand() ${verb} ${command} ${JSON.stringify(args)}`, () => {
      assert.equal(refusalOf(command, args), refused);
    });
  }
}

const runs = "runs any command that it is given";
const programs = "runs any program that its arguments hold";
const always: Readonly<Record<string, readonly string[]>> = {
  [runs]: [
    "sh",
    "bash",
    "busybox",
    "env",
    "xargs",
    "timeout",
    "nohup",
    "ld-linux-x86-64.so.2",
    "BASH",
  ],
  [programs]: [
    "awk",
    "gawk",
    "mawk",
    "python3",
    "python3.12",
    "perl5.36",
    "node",
    "make",
    "lua5.4",
  ],
  "edits files and runs commands": ["vi", "vim", "ed", "less", "git"],
  "reaches the network": ["curl", "wget", "nc", "ssh", "openssl"],
  "reads, writes or removes files": ["find", "tar", "gtar", "tee", "dd", "rm", "xxd"],
  "reads the environment": ["printenv", "envsubst"],
};
for (const [why, commands] of Object.entries(always)) {
  Deno.test(`knownCommand() refuses always what ${why}`, () => {
    for (const command of commands) assert.equal(refusalOf(command, []), why, command);
  });
}

Deno.test("knownCommand() finds versions and GNU's names of what it knows", () => {
  for (const command of ["jq-1.7", "gsed", "yq4", "jq1.8.1", "ggrep"]) {
    assert.ok(knownCommand(command)?.rule, command);
  }
});

Deno.test("knownCommand() knows nothing of users' own tools", () => {
  for (const command of ["render", "my-tool", "tool2", "constructor", "__proto__", "seq", "echo"]) {
    assert.equal(knownCommand(command), undefined, command);
  }
});

Deno.test("knownCommand() quotes no value of an option", () => {
  assert.equal(refusalOf("sort", ["--secret=canary"]), `1 "--secret" ${unknown}`);
  assert.equal(refusalOf("jq", ["--secret=canary"]), `1 "--secret" ${unknown}`);
});
