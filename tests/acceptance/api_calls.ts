/**
 * How many requests a controller has sent to its API server, by method, as its own `/metrics` counts them. Watches are
 * requests too and last for minutes.
 */
export async function apiCalls(metrics: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(metrics)).text();
  const calls: Record<string, number> = {};
  const lines = text.matchAll(/^rest_client_requests_total\{.*method="(\w+)".*\} (\d+)$/gm);
  for (const [, method = "", count] of lines) calls[method] = (calls[method] ?? 0) + Number(count);
  return calls;
}
