import assert from "node:assert/strict";
import type { Clock } from "../core/clock.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { createFluxEvents } from "./flux_events.ts";

const timeoutMs = 5_000;
const graceMs = 3_000;

const event = (message: string): ObjectEvent => ({
  involvedObject: {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "ExternalArtifact",
    namespace: "apps",
    name: "app",
    uid: "u-1",
  },
  type: "Normal",
  reason: "NewArtifact",
  message,
  time: 0,
});

/** A clock on which chosen timers fire at once and the others never. */
function instantClock(fires: (delayMs: number) => boolean) {
  const delays: number[] = [];
  let pending = 0;
  const clock: Clock = {
    now: () => 0,
    schedule(callback, delayMs) {
      delays.push(delayMs);
      pending++;
      if (fires(delayMs)) queueMicrotask(callback);
      return () => void pending--;
    },
  };
  return { clock, delays, pending: () => pending };
}

interface Setting {
  readonly answer: (request: Request, count: number) => Response | Promise<Response>;
  readonly fires?: (delayMs: number) => boolean;
}

/** Runs against a real server of notification-controller's kind; everything is delivered or dropped when it ends. */
async function withServer(
  { answer, fires = (delayMs) => delayMs !== timeoutMs && delayMs !== graceMs }: Setting,
  run: (post: (event: ObjectEvent) => void, dropped: () => number) => void,
) {
  const requests: string[] = [];
  const bodies: Record<string, unknown>[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    requests.push(`${request.method} ${request.headers.get("content-type")}`);
    bodies.push(await request.json());
    return answer(request, requests.length);
  });
  const time = instantClock(fires);
  let dropped = 0;
  const events = createFluxEvents({
    address: `http://127.0.0.1:${server.addr.port}/`,
    reportingInstance: "manager-0",
    clock: time.clock,
    onDropped: () => dropped++,
  });
  try {
    run((each) => events.post(each), () => dropped);
  } finally {
    await events.close();
    await server.shutdown();
  }
  assert.equal(time.pending(), 0, "timers are left");
  return { requests, bodies, dropped, delays: time.delays };
}

const waits = (delays: readonly number[]) =>
  delays.filter((delay) => delay !== timeoutMs && delay !== graceMs);

/** An answer that never comes; ends when the client goes away. */
const silence = (request: Request) =>
  new Promise<Response>((resolve) =>
    request.signal.addEventListener("abort", () => resolve(new Response()))
  );

Deno.test("post() delivers an event as JSON by POST", async () => {
  const { requests, bodies, dropped } = await withServer(
    { answer: () => new Response(null, { status: 202 }) },
    (post) => post(event("hello")),
  );
  assert.equal(dropped, 0);
  assert.deepEqual(requests, ["POST application/json"]);
  assert.equal(bodies[0]!["message"], "hello");
  assert.equal(bodies[0]!["reportingInstance"], "manager-0");
});

Deno.test("post() repeats after an error of the server, with growing waits", async () => {
  const { requests, delays, dropped } = await withServer(
    { answer: (_, count) => new Response("canary", { status: count < 3 ? 503 : 202 }) },
    (post) => post(event("again")),
  );
  assert.equal(requests.length, 3);
  assert.deepEqual(waits(delays), [1_000, 2_000]);
  assert.equal(dropped, 0);
});

Deno.test("post() drops an event after its last try", async () => {
  const { requests, delays, dropped } = await withServer(
    { answer: () => new Response(null, { status: 500 }) },
    (post) => post(event("never")),
  );
  assert.equal(requests.length, 4);
  assert.deepEqual(waits(delays), [1_000, 2_000, 4_000]);
  assert.equal(dropped, 1);
});

Deno.test("post() takes 429 for delivered, and repeats neither it nor a refusal nor a redirect", async () => {
  for (const [status, expected] of [[429, 0], [400, 1], [404, 1], [307, 1]] as const) {
    const headers = { location: "/elsewhere" };
    const { requests, dropped } = await withServer(
      { answer: () => new Response(null, { status, headers }) },
      (post) => post(event("once")),
    );
    assert.equal(requests.length, 1, `${status}`);
    assert.equal(dropped, expected, `${status}`);
  }
});

Deno.test("post() gives up a server that does not answer, and tries again", async () => {
  let first: () => void;
  const arrived = new Promise<void>((resolve) => first = resolve);
  const timers: (() => void)[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    first();
    return timers.length < 2 ? silence(request) : new Response();
  });
  let dropped = 0;
  const events = createFluxEvents({
    address: `http://127.0.0.1:${server.addr.port}/`,
    reportingInstance: "x",
    clock: {
      now: () => 0,
      schedule(callback, delayMs) {
        if (delayMs !== graceMs) timers.push(callback);
        if (delayMs === 1_000) queueMicrotask(callback);
        return () => {};
      },
    },
    onDropped: () => dropped++,
  });
  events.post(event("slow"));
  await arrived;
  timers[0]!();
  await events.close();
  await server.shutdown();
  assert.equal(timers.length, 3, "time-out, wait, time-out of the second try");
  assert.equal(dropped, 0);
});

Deno.test("post() never waits and drops what exceeds its queue", async () => {
  const { requests, dropped } = await withServer(
    { answer: silence, fires: (delayMs) => delayMs === graceMs },
    (post, droppedNow) => {
      for (let count = 0; count < 5_000; count++) post(event(`${count}`));
      assert.equal(droppedNow(), 5_000 - 4_096 - 4);
    },
  );
  assert(requests.length <= 4);
  assert.equal(dropped, 5_000);
});

Deno.test("close() delivers what is queued", async () => {
  const { bodies, dropped } = await withServer({ answer: () => new Response() }, (post) => {
    for (let count = 0; count < 50; count++) post(event(`${count}`));
  });
  assert.equal(new Set(bodies.map((body) => body["message"])).size, 50);
  assert.equal(dropped, 0);
});

Deno.test("post() survives that nobody listens", async () => {
  const { clock, pending } = instantClock((delayMs) =>
    delayMs !== timeoutMs && delayMs !== graceMs
  );
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  let dropped = 0;
  const events = createFluxEvents({
    address: `http://127.0.0.1:${port}/`,
    reportingInstance: "x",
    clock,
    onDropped: () => dropped++,
  });
  events.post(event("lost"));
  await events.close();
  events.post(event("late"));
  assert.equal(dropped, 2);
  assert.equal(pending(), 0);
});
