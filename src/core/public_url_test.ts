import assert from "node:assert/strict";
import { publicUrl } from "./public_url.ts";

Deno.test("publicUrl() drops user info, query and fragment", () => {
  assert.equal(
    publicUrl("https://user:canary@example.test:8443/a/b?token=canary#canary"),
    "https://example.test:8443/a/b",
  );
});

Deno.test("publicUrl() shows nothing of what is no URL", () => {
  assert.equal(publicUrl("canary"), "(not a URL)");
});
