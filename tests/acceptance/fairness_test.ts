import assert from "node:assert/strict";
import { KubeWorld } from "../integration/kube_world.ts";
import { ClusterApi } from "./cluster_api.ts";
import { startController } from "./controller_process.ts";
import { createSources, requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { UnequalUpstreams } from "./unequal_upstreams.ts";

const intervalMs = 30_000;
const observedMs = 2.5 * intervalMs;
/** Requests that may be on their way to a host when it asks to be left alone: one less than may be in flight. */
const onTheirWay = 7;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function createAll(api: ClusterApi, upstreams: UnequalUpstreams): Promise<void> {
  for (const { names, origin } of [...upstreams.good, ...upstreams.others]) {
    for (let at = 0; at < names.length; at += 100) {
      await createSources(api, { names: names.slice(at, at + 100), interval: "30s", origin });
    }
  }
}

/** Asks at once for sources of every host that is slow or limited, again and again. */
async function trigger(api: ClusterApi, upstreams: UnequalUpstreams): Promise<void> {
  const started = Date.now();
  for (let round = 0; Date.now() < started + observedMs; round++) {
    for (const { names } of upstreams.others) {
      await requestSources(api, names.slice(round, round + 5), `round-${round}`);
    }
    await pause(1_000);
  }
}

function checkOnTime(gaps: readonly number[]): void {
  const missed = gaps.filter((gap) => gap >= 2 * intervalMs);
  assert.equal(
    missed.length,
    0,
    `${missed.length} intervals were missed: ${missed.slice(0, 9)} ms`,
  );
}

/** What a host that asks to be left alone was sent meanwhile is what was on its way already. */
function checkHolds({ askedInHolds }: UnequalUpstreams): void {
  for (const during of askedInHolds) {
    assert.ok(during.length <= onTheirWay, `${during.length} requests in a hold: ${during}`);
    assert.deepEqual(during.filter((part) => part > 0.5), [], "a request late in a hold");
  }
  assert.ok(askedInHolds.length >= 5, `it asked ${askedInHolds.length} times to be left alone`);
}

/** Who refuses without saying more is asked about as often as it takes. */
function checkPace({ refusing, refusals }: UnequalUpstreams, since: number): void {
  const asked = refusing.all.filter((at) => at >= since).length;
  const refused = refusals.filter((at) => at >= since).length;
  assert.ok(asked >= 20, `it was asked only ${asked} times`);
  assert.ok(refused < asked / 2, `it refused ${refused} of ${asked}`);
}

Deno.test("a tarpit and two hosts that limit their rate, with 1,000 sources, delay none of 1,000 others, and the limited are asked in their time", async () => {
  await using upstreams = await UnequalUpstreams.start({ good: 1_000, tarpit: 500, limited: 250 });
  const { plane } = await KubeWorld.start();
  const controllers = new AsyncDisposableStack();
  try {
    using api = await ClusterApi.connect(plane);
    await createAll(api, upstreams);
    const controller = await startController({
      kubeconfig: plane.kubeconfig,
      env: { HTTP_TIMEOUT: "5s" },
    });
    controllers.defer(async () => void await controller.end("SIGTERM"));
    await eventually(() => upstreams.fewestAsked >= 2, {
      withinMs: 300_000,
      what: "every good source was asked for twice",
    });
    const since = Date.now();
    await trigger(api, upstreams);
    const gaps = upstreams.gapsSince(since, intervalMs);
    checkOnTime(gaps);
    checkHolds(upstreams);
    checkPace(upstreams, since);
    assert.doesNotMatch(controller.log(), /InternalError|unexpected error|stacktrace/);
  } finally {
    await controllers.disposeAsync();
    await plane.close();
  }
});
