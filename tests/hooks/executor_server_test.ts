import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { request, type RequestOptions } from "node:http";
import { systemClock } from "../../src/cli/system_clock.ts";
import { ExecutorServer } from "../../src/hooks/executor_server.ts";
import { defaultHookLimits } from "../../src/hooks/hook_limits.ts";
import type { HookRunner } from "../../src/hooks/hook_runner.ts";
import { readHookToken, writeHookToken } from "../../src/hooks/hook_token.ts";
import { HookUnavailable } from "../../src/hooks/hook_unavailable.ts";
import { SidecarRunner } from "../../src/hooks/sidecar_runner.ts";
import { SpawnRunner } from "../../src/hooks/spawn_runner.ts";
import { eventually } from "../acceptance/eventually.ts";
import { handMadeWhitelist } from "./hand_made_whitelist.ts";

const withinMs = 30_000;

const whitelist = handMadeWhitelist({
  cat: { maxOutput: 2 ** 23 },
  jq: {},
  sh: {},
  nothing: {},
  yes: {},
});
const clock = systemClock;

function onBug(error: unknown): void {
  throw error;
}

interface Asked extends RequestOptions {
  readonly body?: string | Uint8Array;
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** An executor, and a folder with its token. */
class World implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync();
  readonly tokenFile = `${this.directory}/token`;
  readonly runner: SpawnRunner;
  readonly server: ExecutorServer;
  port = 0;
  #marks = 0;

  constructor(withToken: boolean) {
    this.runner = new SpawnRunner({
      whitelist: () => whitelist,
      clock,
      slots: 4,
      maxWaitMs: 1_000,
      scratch: this.directory,
      limits: defaultHookLimits,
      newMark: () => `executor-${Deno.pid}-${this.#marks++}`,
      onProblem: (message) => assert.fail(message),
    });
    this.server = new ExecutorServer({
      runner: this.runner,
      clock,
      ...(withToken ? { readToken: () => readHookToken(this.tokenFile) } : {}),
      onBug,
    });
  }

  static async open(options: { readonly withToken?: true } = {}): Promise<World> {
    const world = new World(options.withToken ?? false);
    world.port = await world.server.listen({ hostname: "127.0.0.1", port: 0 });
    return world;
  }

  ask({ body = "", ...options }: Asked): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const asked = request({ port: this.port, host: "127.0.0.1", agent: false, ...options });
      asked.on("error", reject);
      asked.on("response", (response) => {
        let text = "";
        response.on("data", (piece) => text += piece);
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.end(body);
    });
  }

  execute(body: unknown, options: Asked = {}): Promise<Answered> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return this.ask({ method: "POST", path: "/execute", body: text, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close(0);
    await this.runner[Symbol.asyncDispose]();
    await Deno.remove(this.directory, { recursive: true });
  }
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** COMPATIBILITY §8. */
const legacy: readonly {
  readonly what: string;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}[] = [
  {
    what: "runs a command",
    body: { command: "jq", args: ["-c", ".a"], timeout: "5s", env: {}, stdin: base64('{"a":[1]}') },
    status: 200,
    answer: { stdout: base64("[1]\n"), stderr: "", exitCode: 0 },
  },
  {
    what: "needs no args, env and stdin",
    body: { command: "cat", args: null, timeout: "" },
    status: 200,
    answer: { stdout: "", stderr: "", exitCode: 0 },
  },
  {
    what: "hands on an exit code and what was said",
    body: { command: "sh", args: ["-c", "echo out; echo bad >&2; exit 7"] },
    status: 200,
    answer: { stdout: base64("out\n"), stderr: base64("bad\n"), exitCode: 7 },
  },
  {
    what: "says -1 of a command that was killed",
    body: { command: "sh", args: ["-c", "kill -9 $$"] },
    status: 200,
    answer: { stdout: "", stderr: "", exitCode: -1 },
  },
  {
    what: "says -1 of a time-out",
    body: { command: "sh", args: ["-c", "echo a; sleep 60"], timeout: "200ms" },
    status: 200,
    answer: { stdout: base64("a\n"), stderr: base64("killed at its time-out"), exitCode: -1 },
  },
  {
    what: "says 1 of what could not start",
    body: { command: "nothing" },
    status: 200,
    answer: { stdout: "", stderr: base64("there is no such program"), exitCode: 1 },
  },
  {
    what: "refuses what is not whitelisted",
    body: { command: "rm", args: ["-rf"] },
    status: 403,
    answer: "Command rm is not whitelisted\n",
  },
  { what: "refuses what is no JSON", body: "{", status: 400, answer: "Invalid request body\n" },
  {
    what: "refuses args that are no texts",
    body: { command: "cat", args: [1] },
    status: 400,
    answer: "Invalid request body\n",
  },
  {
    what: "refuses a wrong time-out",
    body: { command: "cat", timeout: "soon" },
    status: 400,
    answer: "Invalid timeout\n",
  },
  {
    what: "refuses wrong base64",
    body: { command: "cat", stdin: "a-b" },
    status: 400,
    answer: "Invalid base64 in stdin\n",
  },
];
for (const { what, body, status, answer } of legacy) {
  Deno.test(`ExecutorServer /execute ${what}`, async () => {
    await using world = await World.open();
    const answered = await world.execute(body);
    const given = answered.status === 200 ? JSON.parse(answered.text) : answered.text;
    assert.deepEqual([answered.status, given], [status, answer]);
  });
}

Deno.test("ExecutorServer /execute hands a document of megabytes on and back as it is", async () => {
  await using world = await World.open();
  const document = Buffer.alloc(5_000_002, "wörter, ");
  const lines = document.toString("base64").replace(/.{76}/g, "$&\r\n");
  const { text } = await world.execute({ command: "cat", stdin: lines });
  const { stdout, exitCode } = JSON.parse(text);
  assert.ok(Buffer.from(stdout, "base64").equals(document));
  assert.equal(exitCode, 0);
});

Deno.test("ExecutorServer /execute refuses base64 that goes on behind its end, however late", async () => {
  await using world = await World.open();
  const stdin = `${"A".repeat(2 ** 20 - 4)}AA==AAAA`;
  assert.equal((await world.execute({ command: "cat", stdin })).status, 400);
});

Deno.test("ExecutorServer /execute refuses a body over its limit", async () => {
  await using world = await World.open();
  const answer = await world.execute(`{"command":"cat","stdin":"${"A".repeat(33 * 2 ** 20)}"}`)
    .then(({ status }) => status, () => 413); // the connection may break before all is sent
  assert.equal(answer, 413);
});

Deno.test("ExecutorServer /execute/stream gives the memory of a piece back when the next is asked for", async () => {
  const large: Uint8Array[] = [];
  const runner: HookRunner = {
    async run(_call, { stdin }) {
      let first = true; // what stands behind the call in its piece
      for await (const piece of stdin) {
        if (!first && piece.length >= 16_384) large.push(piece);
        first = false;
      }
      return { end: { kind: "exit", code: 0 }, durationMs: 1, stderr: "" };
    },
  };
  const server = new ExecutorServer({ runner, clock, onBug });
  const port = await server.listen({ hostname: "127.0.0.1", port: 0 });
  const call = { command: "cat", args: [], env: {}, timeoutMs: 1_000 };
  const body = `${JSON.stringify(call)}\n${"x".repeat(2 ** 21)}`;
  const answer = await fetch(`http://127.0.0.1:${port}/execute/stream`, { method: "POST", body });
  await answer.arrayBuffer();
  await server.close(0);
  assert.ok(large.length > 0);
  assert.deepEqual(large.map(({ length }) => length), large.map(() => 0));
});

Deno.test("ExecutorServer answers other methods with 405 and other paths with 404", async () => {
  await using world = await World.open();
  const statuses = await Promise.all(
    [["GET", "/execute"], ["PUT", "/execute/stream"], ["POST", "/health"], ["GET", "/"]].map(
      async ([method = "", path = ""]) => (await world.ask({ method, path })).status,
    ),
  );
  assert.deepEqual(statuses, [405, 405, 405, 404]);
});

Deno.test("ExecutorServer runs nothing for another host, but tells it that it is healthy", async () => {
  await using world = await World.open();
  // Of the loopback network, but none of the three addresses that count.
  const localAddress = "127.0.0.2";
  const { status } = await world.execute({ command: "cat" }, { localAddress });
  assert.equal(status, 403);
  const health = await world.ask({ path: "/health", localAddress });
  assert.deepEqual(health, { status: 200, text: '{"status":"healthy"}\n' });
});

Deno.test("ExecutorServer wants the token, the newest one", async () => {
  await using world = await World.open({ withToken: true });
  const statusWith = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await world.execute({ command: "cat" }, { headers })).status;
  };
  const bearer = async () => `Bearer ${(await Deno.readTextFile(world.tokenFile)).trim()}`;
  assert.equal(await statusWith("Bearer "), 401, "there is none yet");
  await writeHookToken(world.tokenFile, new Uint8Array(32).fill(1));
  const first = await bearer();
  assert.equal(await statusWith(first), 200);
  for (const wrong of [undefined, "", first.slice(0, -1), `${first}0`, first.slice(7)]) {
    assert.equal(await statusWith(wrong), 401);
  }
  await writeHookToken(world.tokenFile, new Uint8Array(32).fill(2));
  assert.equal(await statusWith(first), 401);
  assert.equal(await statusWith(await bearer()), 200);
  await Deno.writeTextFile(world.tokenFile, "short");
  assert.equal(await statusWith("Bearer short"), 401);
});

for (const path of ["/execute", "/execute/stream"]) {
  Deno.test(`ExecutorServer ${path} kills a command whose caller goes away`, async () => {
    await using world = await World.open();
    const pidFile = `${world.directory}/pid`;
    const script = `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60`;
    const call = { command: "sh", args: ["-c", script], env: {}, timeoutMs: 60_000 };
    const asked = request({ port: world.port, host: "127.0.0.1", path, method: "POST" });
    asked.on("error", () => {});
    asked.write(`${JSON.stringify(path === "/execute" ? { ...call, timeout: "60s" } : call)}\n`);
    // More than any buffer on the way: the command never reads it.
    if (path === "/execute") asked.end();
    else asked.write(new Uint8Array(8 * 2 ** 20));
    await eventually(() => exists(pidFile), { withinMs, what: "the hook runs" });
    const pid = Number(await Deno.readTextFile(pidFile));
    assert.ok(exists(`/proc/${pid}`));
    asked.destroy();
    await eventually(() => !exists(`/proc/${pid}`), { withinMs, what: "the hook has ended" });
  });
}

Deno.test("ExecutorServer.close() lets hooks end, and kills those that do not", async () => {
  await using world = await World.open();
  const started = (script: string) => {
    const body = { command: "sh", args: ["-c", script] };
    return world.execute(body).then(({ status }) => status, () => "broken off");
  };
  const quick = started("sleep 0.3");
  const endless = started("sleep 60");
  await eventually(() => world.runner.slots.running === 2, { withinMs, what: "both run" });
  await world.server.close(1_000);
  assert.deepEqual([await quick, await endless], [200, "broken off"]);
  assert.equal(world.runner.slots.running, 0);
});

Deno.test("SidecarRunner reaches an executor by a unix socket", async () => {
  await using world = await World.open();
  const socket = `${world.directory}/socket`;
  const server = new ExecutorServer({ runner: world.runner, clock, onBug });
  await server.listen({ socket });
  const runner = new SidecarRunner({ endpoint: `unix:${socket}`, clock });
  const call = { command: "cat", args: [], env: {}, timeoutMs: 5_000 };
  const { end } = await runner.run(call, streams());
  assert.deepEqual(end, { kind: "exit", code: 0 });
  await runner[Symbol.asyncDispose]();
  await server.close(0);
});

Deno.test("SidecarRunner says what is wrong with the sidecar", async () => {
  await using world = await World.open({ withToken: true });
  await writeHookToken(world.tokenFile, new Uint8Array(32));
  const old = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("no such path", { status: 404 }),
  );
  const states: Record<string, RegExp> = {
    [`http://127.0.0.1:${world.port}`]: /does not accept the token/,
    [`http://127.0.0.1:${old.addr.port}`]: /older version/,
    "http://127.0.0.1:1": /cannot be reached/,
    "unix:/nonexistent/socket": /cannot be reached/,
  };
  for (const [endpoint, state] of Object.entries(states)) {
    const runner = new SidecarRunner({ endpoint, clock });
    const call = { command: "cat", args: [], env: {}, timeoutMs: 5_000 };
    await assert.rejects(runner.run(call, streams()), (error) => {
      assert.ok(error instanceof HookUnavailable, String(error));
      assert.match(error.state, state);
      return true;
    });
    await runner[Symbol.asyncDispose]();
  }
  await old.shutdown();
});

function streams() {
  return {
    stdin: (async function* () {})(),
    write: () => Promise.resolve(),
    signal: new AbortController().signal,
  };
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
