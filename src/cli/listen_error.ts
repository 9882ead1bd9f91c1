import { fileErrorCode } from "../core/file_error.ts";
import { type BindAddress, formatBindAddress } from "../serve/bind_address.ts";
import { InputError } from "./command.ts";

/** The flags that say where to listen; often one for both. */
export interface ListenFlags {
  readonly host: string;
  readonly port: string;
}

/** What to say of an address that could not be listened on, and which flag changes it. */
export function listenError(
  address: BindAddress,
  { flags, cause }: { readonly flags: ListenFlags; readonly cause: unknown },
): InputError {
  const state = stateOf(cause, flags);
  return new InputError(`Cannot listen on "${formatBindAddress(address)}": ${state}`, { cause });
}

function stateOf(cause: unknown, flags: ListenFlags): string {
  const code = fileErrorCode(cause);
  if (cause instanceof Deno.errors.AddrInUse || code === "EADDRINUSE") {
    return `the port is in use; choose another with ${flags.port}, or 0 for any free one`;
  }
  if (cause instanceof Deno.errors.PermissionDenied || code === "EACCES") {
    return `this user may not; choose a port above 1023 with ${flags.port}`;
  }
  if (cause instanceof Deno.errors.AddrNotAvailable || code === "EADDRNOTAVAIL") {
    return `this machine does not have that address, see ${flags.host}`;
  }
  return `${cause instanceof Error ? cause.message : cause}, see ${flags.host}`;
}
