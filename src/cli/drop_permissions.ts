/** What Deno may grant a process, as far as the binary asks for it. */
export type Permission = "net" | "read" | "write" | "env" | "sys" | "run";

/** Every permission that is baked into the binary. */
export const everyPermission: readonly Permission[] = [
  "net",
  "read",
  "write",
  "env",
  "sys",
  "run",
];

/** Gives permissions of this process up; there is no way back, for us or for whoever makes us run their code (DESIGN §9). */
export function dropPermissions(...names: readonly Permission[]): void {
  for (const name of names) Deno.permissions.revokeSync({ name });
}
