import assert from "node:assert/strict";
import { HttpFailure } from "./http_failure.ts";
import { type Hop, isRedirect, redirect } from "./redirect.ts";

const hop = (overrides: Partial<Hop> = {}): Hop => ({
  url: new URL("https://a.example/dir/x?key=1"),
  method: "GET",
  headers: { authorization: "s", cookie: "c", "x-token": "t", accept: "*/*", "user-agent": "u" },
  ...overrides,
});

const withOrigin = (location: string) => redirect(hop(), { status: 302, location }, ["X-Token"]);

Deno.test("isRedirect() follows what Go follows", () => {
  const followed = [300, 301, 302, 303, 304, 305, 306, 307, 308, 200].filter(isRedirect);
  assert.deepEqual(followed, [301, 302, 303, 307, 308]);
});

Deno.test("redirect() resolves the Location and keeps headers within the origin", () => {
  for (const location of ["y", "/dir/y", "https://a.example:443/dir/y", "//a.example/dir/y#top"]) {
    const next = withOrigin(location);
    assert.equal(next.url.href, "https://a.example/dir/y", location);
    assert.deepEqual(next.headers, hop().headers);
  }
});

Deno.test("redirect() drops credentials and Secret headers when scheme, host or port changes", () => {
  const others = ["http://a.example/", "https://b.example/", "https://a.example:444/"];
  for (const location of [...others, "https://sub.a.example/", "//u:p@b.example/"]) {
    const next = withOrigin(location);
    assert.deepEqual(next.headers, { accept: "*/*", "user-agent": "u" }, location);
    assert.equal(next.url.username + next.url.password, "");
  }
  const there = withOrigin("https://b.example/");
  const back = redirect(there, { status: 302, location: "https://a.example/" }, ["X-Token"]);
  assert.deepEqual(back.headers, { accept: "*/*", "user-agent": "u" });
});

Deno.test("redirect() changes the method as RFC 9110 has it", () => {
  const rows: readonly (readonly [number, string, string])[] = [
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [302, "HEAD", "HEAD"],
  ];
  for (const [status, method, wanted] of rows) {
    const next = redirect(hop({ method }), { status, location: "/" }, []);
    assert.equal(next.method, wanted, `${status} ${method}`);
  }
});

Deno.test("redirect() goes nowhere but to http and https", () => {
  for (const location of [undefined, "file:///etc/passwd", "ftp://a/", "http://[::1", "data:,x"]) {
    assert.throws(
      () => redirect(hop(), { status: 302, location }, []),
      (error) => error instanceof HttpFailure && error.details.class === "rejected",
      location,
    );
  }
});
