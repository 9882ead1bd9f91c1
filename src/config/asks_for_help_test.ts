import assert from "node:assert/strict";
import { asksForHelp } from "./asks_for_help.ts";

Deno.test("asksForHelp() hears every spelling before --", () => {
  for (const flag of ["-h", "--h", "-help", "--help"]) assert(asksForHelp(["x", flag, "--y"]));
  for (const line of [[], ["help"], ["--helper"], ["--", "--help"]]) assert(!asksForHelp(line));
});
