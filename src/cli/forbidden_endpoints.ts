import type { ControllerValues } from "./operator_settings.ts";

type ServedValues = Pick<
  ControllerValues,
  "artifactServerPort" | "healthProbeBindAddress" | "metricsBindAddress"
>;

/** Addresses that no upstream may lead to: the API server and our own servers, at every address of this machine (DESIGN §9). */
export function forbiddenEndpoints(apiServer: string, values: ServedValues): string[] {
  const { hostname, port, protocol } = new URL(apiServer);
  const own = [
    values.artifactServerPort,
    portOf(values.healthProbeBindAddress),
    portOf(values.metricsBindAddress),
  ].filter((each) => each > 0);
  const addresses = Deno.networkInterfaces().map(({ address, family }) =>
    family === "IPv6" ? `[${address}]` : address
  );
  return [
    `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`,
    ...addresses.flatMap((address) => own.map((each) => `${address}:${each}`)),
  ];
}

function portOf(bindAddress: string): number {
  return Number(bindAddress.slice(bindAddress.lastIndexOf(":") + 1));
}
