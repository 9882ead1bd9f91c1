import assert from "node:assert/strict";
import { isForbiddenVariable } from "./forbidden_variable.ts";

Deno.test("isForbiddenVariable() keeps what decides which code runs, in any case", () => {
  for (
    const name of [
      ...["LD_PRELOAD", "LD_LIBRARY_PATH", "ld_preload", "PATH", "HOME", "TMPDIR", "IFS", "ENV"],
      ...["BASH_ENV", "BASH_FUNC_x%%", "PYTHONPATH", "PYTHONSTARTUP", "PERL5LIB", "PERL5OPT"],
      ...["RUBYOPT", "NODE_OPTIONS", "LUA_INIT", "GIT_SSH_COMMAND", "GCONV_PATH", "XZ_OPT"],
      ...["POSIXLY_CORRECT", "GREP_OPTIONS", "JAVA_TOOL_OPTIONS", "OPENSSL_CONF", "SHELLOPTS"],
      ...["EXTERNALSOURCE_HOOK", "KUBERNETES_SERVICE_HOST"],
    ]
  ) assert.equal(isForbiddenVariable(name), true, name);
});

Deno.test("isForbiddenVariable() lets other names pass", () => {
  for (const name of ["TOKEN", "TENANT", "LC_ALL", "TZ", "HTTPS_PROXY", "PATHS", "A"]) {
    assert.equal(isForbiddenVariable(name), false, name);
  }
});
