import { isForbiddenVariable } from "./forbidden_variable.ts";
import type { HookCall } from "./hook_call.ts";

/** Below what Linux takes for arguments and environment together (128 KiB each and a quarter of the stack, 2 MiB, in all). */
const maxBytes = 120 * 1024;

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Why no system could run a call as it is meant, whatever the whitelist says; undefined if it can. */
export function callProblem({ command, args, env }: HookCall): string | undefined {
  const names = Object.keys(env);
  const bad = names.find((name) => !variableName.test(name) || isForbiddenVariable(name));
  if (bad !== undefined) return `env ${JSON.stringify(bad.slice(0, 100))} cannot be set`;
  const texts = [command, ...args, ...names, ...Object.values(env)];
  if (texts.some((text) => text.includes("\0"))) return "a NUL byte cannot be in an argument";
  const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length + 9, 0);
  return bytes > maxBytes ? `arguments and env have more than ${maxBytes} bytes` : undefined;
}
