/**
 * A URL as it may appear in a condition, an event or a log: without user info, query and fragment, any of which may
 * carry a credential (CVE-2024-31216). Text that is no URL becomes `"(not a URL)"`: it might be a secret put into the
 * wrong field.
 */
export function publicUrl(url: string | URL): string {
  const parsed = typeof url === "string" ? URL.parse(url) : url;
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : "(not a URL)";
}
