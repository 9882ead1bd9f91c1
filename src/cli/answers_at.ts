const timeoutMs = 5_000;

/**
 * Whether a consumer would get an artifact at a URL, asked as one asks for it but without the body. A redirect counts: that
 * it is given shows that the server knows the artifact. What is not HTTP nobody can download.
 *
 * @param token of the artifact server, if it wants one
 * @param caCerts PEM of authorities beside the well-known ones, if it speaks TLS
 */
export async function answersAt(
  url: string,
  { token, caCerts = [] }: { readonly token?: string; readonly caCerts?: readonly string[] } = {},
): Promise<boolean> {
  if (!/^https?:/.test(url)) return false;
  using client = Deno.createHttpClient({ caCerts: [...caCerts] });
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      client,
      headers: token === undefined ? {} : { "Authorization": `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status === 200 || response.status === 302;
  } catch {
    return false; // refused, no such name, not trusted: a consumer would see the same
  }
}
