import { strict as assert } from "node:assert";
import { redisFault } from "./redis_fault.ts";

function answer(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

Deno.test("redisFault() knows what Redis answers, also from within a script of an old version", () => {
  const full = "it is out of memory; raise maxmemory, or remove what else is kept there";
  const answers = [
    "OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:3.",
    "ERR Error running script (call to f_1): @user_script:2: -OOM command not allowed when used",
  ];
  for (const text of answers) {
    assert.deepEqual(redisFault(answer(text)), { state: full, isLost: false });
  }
  assert.equal(redisFault(answer("READONLY You can't write against it"))?.isLost, true);
});

Deno.test("redisFault() repeats nothing of an answer", () => {
  const { state } = redisFault(answer("ERR unknown command 'AUTH', with args: 'canary'"))!;
  assert.equal(state, "it refuses a command (ERR)");
  assert.equal(redisFault(answer("canary"))?.state, "it refuses a command (no error code)");
});

Deno.test("redisFault() takes failures of the connection for what another may mend", () => {
  const failures: [Error, string][] = [
    [Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "the connection is refused"],
    [new Error("Connection is closed."), "the connection was lost"],
    [new Error("something new"), "the connection failed"],
    [new Error("invalid peer certificate: UnknownIssuer"), "TLS fails; see REDIS_CA_FILE"],
    [
      new Error("All sentinels are unreachable and retry is disabled. Last error: NOAUTH x"),
      "the Sentinels want another password; set REDIS_SENTINEL_PASSWORD",
    ],
    [
      new Error("Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN The cluster"),
      "the cluster is down: not every slot has a master",
    ],
  ];
  for (const [error, state] of failures) assert.equal(redisFault(error)?.state, state);
  assert.deepEqual(redisFault(new Error("Command timed out")), {
    state: "it does not answer in time",
    isLost: true,
    wasSlow: true,
  });
});

Deno.test("redisFault() leaves a bug alone", () => {
  assert.equal(redisFault(new TypeError("undefined is not a function")), undefined);
  assert.equal(redisFault("text"), undefined);
});
