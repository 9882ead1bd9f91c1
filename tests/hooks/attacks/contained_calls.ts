import type { HookEnd } from "../../../src/hooks/hook_runner.ts";
import type { Attack } from "./attack.ts";
import { jailUser } from "./jail_user.ts";

const timeout: HookEnd = { kind: "timeout" };
const exit = (code: number): HookEnd => ({ kind: "exit", code });
const signal = (name: string): HookEnd => ({ kind: "signal", signal: name });
const absent = (state: string): HookEnd => ({ kind: "absent", state });
const tooMuch: HookEnd = { kind: "output", maxBytes: 2 ** 20 };

const programs: readonly Attack[] = [
  {
    what: "a link to another program",
    command: "linked",
    args: ["-c", "id"],
    end: absent(
      "/run/programs/linked is a link to another program, /usr/bin/dash; the whitelist can name that one as `path`",
    ),
  },
  {
    what: "a program of another sha256",
    command: "other",
    end: absent("/run/programs/other is not the program of the whitelist's sha256"),
  },
  {
    what: "a program that everybody can write",
    command: "writable",
    end: absent("/run/programs/writable can be changed by others than its owner"),
  },
  {
    what: "a program in a folder that everybody can write",
    command: "public",
    end: absent("/run/programs/everybodys/public is in a directory that everybody can write"),
  },
  {
    what: "a file that is no program",
    command: "plain",
    end: absent("/run/programs/plain is not an executable file"),
  },
  {
    what: "a folder for a program",
    command: "folder",
    end: absent("/run/programs/everybodys is not an executable file"),
  },
  { what: "no program", command: "absent", end: absent("there is no such program") },
  {
    what: "a program that makes its user root",
    command: "privileged",
    args: ["-u"],
    end: exit(0),
    stdout: `${jailUser}\n`,
  },
];

const regexes: readonly Attack[] = [
  {
    what: "a catastrophic regex of jq",
    command: "jq",
    args: ["-n", '"\\("x" * 4000)" | test("^(x+x+)+y$")'],
    timeoutMs: 700,
    // Some versions of Oniguruma give up by themselves.
    end: [timeout, exit(5)],
  },
  {
    what: "a catastrophic regex of grep",
    command: "grep",
    args: ["-E", "^(x*)(x*)(x*)(x*)(x*)\\1\\2\\3\\4\\5$"],
    stdin: "x".repeat(301),
    timeoutMs: 700,
    end: timeout,
  },
  {
    what: "an endless program of jq",
    command: "jq",
    args: ["-n", "def f: f; f"],
    timeoutMs: 500,
    end: timeout,
  },
  {
    what: "an endless script of sed",
    command: "sed",
    args: [":a;ba"],
    stdin: "x\n",
    timeoutMs: 500,
    end: timeout,
  },
];

/** Scripts of the test's own, each with how it ends. */
const scripts: Readonly<Record<string, Partial<Attack> & { readonly script: string }>> = {
  "a fork bomb": {
    script: "exec bash -c ':(){ :|:& };:; sleep 60'",
    timeoutMs: 800,
    end: [timeout, exit(254)],
    forms: ["stream"],
  },
  "a fork bomb that leaves its group and wipes its environment": {
    script:
      'cat > bomb <<\'X\'\n(setsid env -i sh "$1" "$1" &) > /dev/null 2>&1\n(setsid env -i sh "$1" "$1" &) > /dev/null 2>&1\nsleep 30\nX\nsh ./bomb $PWD/bomb',
    timeoutMs: 800,
    end: [timeout, exit(2)],
    forms: ["once"],
  },
  "a memory bomb of the shell": {
    script: "a=xxxxxxxx; while :; do a=$a$a; done",
    end: [exit(2), signal("SIGABRT"), signal("SIGSEGV"), signal("SIGKILL")],
    forms: ["stream"],
  },
  "a memory bomb of tail": {
    script: "exec tail -c +2 /dev/zero | tail -n 1",
    end: exit(1),
    forms: ["once"],
  },
  "10 GB of output": { script: "exec head -c 10G /dev/zero", end: tooMuch },
  "endless standard error": {
    script: "exec tr '\\0' x < /dev/zero >&2",
    timeoutMs: 700,
    end: timeout,
  },
  "a file of 10 GB": { script: "exec head -c 10G /dev/zero > big", end: signal("SIGXFSZ") },
  "10,000 files in locked folders": {
    script:
      "mkdir -p a/b/c; i=0; while [ $i -lt 10000 ]; do : > a/b/c/$i; i=$((i+1)); done; chmod 0 a/b/c a/b a; echo done",
    end: exit(0),
    stdout: "done\n",
    forms: ["stream"],
  },
  "a link out of its folder": {
    script: "ln -s /run/open out; ln -s /run/open/keep file; ln /run/open/keep hard; echo done",
    end: exit(0),
    stdout: "done\n",
  },
  "standard input that is never read": {
    script: "exec sleep 60",
    stdin: "x".repeat(16 * 2 ** 20),
    timeoutMs: 500,
    end: timeout,
  },
  "ignoring SIGTERM": {
    script: "trap '' TERM INT HUP QUIT; while :; do sleep 60; done",
    timeoutMs: 400,
    end: timeout,
  },
  "stopping itself": { script: "kill -STOP $$", timeoutMs: 400, end: timeout },
  "an endless loop": { script: "while :; do :; done", timeoutMs: 500, end: timeout },
  "a child that holds the output open": {
    script: "sleep 600 & echo done",
    end: exit(0),
    stdout: "done\n",
  },
  "a double fork in a session of its own": {
    script: "(setsid sh -c 'sleep 600 & exec sleep 600' > /dev/null 2>&1 &); sleep 0.1; echo done",
    end: exit(0),
    stdout: "done\n",
  },
  "a double fork without a trace": {
    script: "(setsid env -i nohup sleep 600 < /dev/null > /dev/null 2>&1 &); sleep 0.1; echo done",
    end: exit(0),
    stdout: "done\n",
  },
  "a double fork that stays behind a time-out": {
    script: "(setsid env -i sleep 600 > /dev/null 2>&1 &); exec sleep 600",
    timeoutMs: 400,
    end: timeout,
  },
  "a double fork that ignores SIGTERM and changes its name": {
    script:
      "cp /usr/bin/sleep kworker; (setsid env -i sh -c 'trap \"\" TERM HUP; ./kworker 600; :' > /dev/null 2>&1 &); sleep 0.1; echo done",
    end: exit(0),
    stdout: "done\n",
  },
  "more files than it may open": {
    script: "i=3; while [ $i -lt 9 ]; do i=$((i+1)); done; ulimit -n; ulimit -c",
    end: exit(0),
    stdout: "256\n0\n",
  },
  "raising its limits": {
    script: "ulimit -n 4096 || ulimit -d unlimited || ulimit -u 4000",
    end: exit(2),
  },
  "descriptors of the executor": {
    script: "ls -l /proc/$$/fd | grep -cE 'socket|anon_inode|token|whitelist|lock'",
    end: exit(1),
    stdout: "0\n",
  },
  "the environment of the executor": {
    script: "env | cut -d= -f1 | sort | tr '\\n' ' '",
    end: exit(0),
    stdout: "EXTERNALSOURCE_HOOK HOME LANG PATH PWD TMPDIR ",
  },
  "the working folder of another run": {
    script: "ls -A; ls -A .. | wc -l",
    end: exit(0),
    stdout: "1\n",
  },
};

/** Calls that are run and must do no harm. */
export const containedCalls: readonly Attack[] = [
  ...programs,
  ...regexes,
  ...Object.entries(scripts).map(([what, { script, ...rest }]) => ({
    ...{ what, command: "script", args: [script] },
    ...rest,
  })),
];
