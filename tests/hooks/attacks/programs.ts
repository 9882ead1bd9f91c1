import { createHash } from "node:crypto";

/** Where the executor sees the programs of the table. */
export const programFolder = "/run/programs";

interface Program {
  readonly text: string;
  readonly mode?: number;
}

const genuine = "#!/bin/sh\necho genuine\n";

/** What takes the place of `pinned` and is as long. */
export const forged = "#!/bin/sh\necho forged!\n";

/** Programs of the test's own, by name. */
export const programs: Readonly<Record<string, Program>> = {
  // What it is given is a script: so the bombs stand in the table.
  script: { text: '#!/bin/sh\neval "$1"\n' },
  limited: { text: `#!/bin/sh\nprintf '%s|' "$@" "$LISTED"\n` },
  pinned: { text: genuine },
  other: { text: genuine },
  writable: { text: genuine, mode: 0o777 },
  plain: { text: genuine, mode: 0o644 },
};

const digest = createHash("sha256").update(genuine).digest("hex");

/** What an unwise operator might allow. */
const unwise =
  `bash sh dash awk gawk mawk find tar curl wget nc python3 perl ruby node deno env xargs timeout nohup setsid tee dd
  cp ssh git vim less printenv envsubst busybox nsenter unshare sudo openssl ld-linux-x86-64.so.2 python3.11 bash5 split date`;

/** What the table adds to the shipped whitelist. */
export const addedWhitelist = `
${unwise.trim().split(/\s+/).map((name) => `  ${name}: { allowed: true }`).join("\n")}
  reading: { allowed: true, path: /usr/bin/jq, env: [LISTED] }
  limited:
    allowed: true
    path: ${programFolder}/limited
    argumentPatterns: ["[a-z]+", "--level=[0-9]", "(x+x+)+y"]
    env: [LISTED]
  script: { allowed: true, unsafe: true, path: ${programFolder}/script, maxOutput: 1Mi }
  flood: { allowed: true, unsafe: true, path: ${programFolder}/script, maxOutput: 20Gi }
  privileged: { allowed: true, unsafe: true, path: ${programFolder}/privileged }
  pinned: { allowed: true, path: ${programFolder}/pinned, sha256: ${digest} }
  other: { allowed: true, path: ${programFolder}/other, sha256: ${"ab".repeat(32)} }
  writable: { allowed: true, path: ${programFolder}/writable }
  public: { allowed: true, path: ${programFolder}/everybodys/public }
  plain: { allowed: true, path: ${programFolder}/plain }
  folder: { allowed: true, path: ${programFolder}/everybodys }
  linked: { allowed: true, path: ${programFolder}/linked }
  report: { allowed: true, path: /bin/bash }
  absent: { allowed: true }
  off: { allowed: false }
`;

/** Writes the programs into a folder that only root can write. */
export function writePrograms(folder: string): void {
  for (const [name, { text, mode = 0o755 }] of Object.entries(programs)) {
    writeProgram(`${folder}/${name}`, text, mode);
  }
  Deno.mkdirSync(`${folder}/everybodys`);
  writeProgram(`${folder}/everybodys/public`, genuine, 0o755);
  Deno.chmodSync(`${folder}/everybodys`, 0o777);
  Deno.symlinkSync("/bin/sh", `${folder}/linked`);
  Deno.copyFileSync("/usr/bin/id", `${folder}/privileged`);
  Deno.chmodSync(`${folder}/privileged`, 0o4755);
}

function writeProgram(path: string, text: string, mode: number): void {
  Deno.writeTextFileSync(path, text);
  // The mask of this process does not count.
  Deno.chmodSync(path, mode);
}
