import { Buffer } from "node:buffer";
import type { FluxWorld } from "./flux_world.ts";

/** Replaces a Secret in the namespace of a world, or deletes it. */
export async function writeSecret(
  { api, namespace }: Pick<FluxWorld, "api" | "namespace">,
  name: string,
  data: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const old = await api.get(`${path}/${name}`);
  if (old) await api.write({ method: "DELETE", path: `${path}/${name}` });
  if (!data) return;
  const encoded = Object.entries(data).map((
    [key, value],
  ) => [key, Buffer.from(value).toString("base64")]);
  const body = { metadata: { name }, data: Object.fromEntries(encoded) };
  await api.write({ method: "POST", path, body });
}
