/** The user of the executor and its hooks: nobody else's on this machine. */
export const jailUser = 60_000 + Deno.pid % 4_000;
