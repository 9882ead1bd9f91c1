import assert from "node:assert/strict";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { eventually } from "./eventually.ts";
import { expectNoLeaks } from "./expect_no_leaks.ts";
import { FluxWorld, patience } from "./flux_world.ts";
import { hostileCases, maxSourceSize } from "./hostile_cases.ts";
import { HostileSource } from "./hostile_source.ts";

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  plane = (await KubeWorld.start()).plane;
});
Deno.test.afterAll(() => plane.close());

const env = {
  HTTP_TIMEOUT: "2s",
  RETRY_BASE_DELAY: "300ms",
  RETRY_MAX_DELAY: "1s",
  RETRY_MAX_ATTEMPTS: "1000",
};

/** Events of a world as `reason × count`, by kind and name of what they are about. */
async function eventsOf(world: FluxWorld): Promise<Map<string, string[]>> {
  const output = await plane.kubectl(["-n", world.namespace, "get", "events", "-o", "json"]);
  const events = new Map<string, string[]>();
  for (const { involvedObject: { kind, name }, reason, count } of JSON.parse(output).items) {
    events.set(`${kind} ${name}`, [...events.get(`${kind} ${name}`) ?? [], `${reason} × ${count}`]);
  }
  return events;
}

/** Waits until each source was told of once: published, failed, published again. */
async function expectEvents(world: FluxWorld, sources: readonly HostileSource[]): Promise<void> {
  const expected = new Map(sources.flatMap((source) => {
    const { name, reason } = source.case;
    const told = ["NewArtifact × 1", "NewArtifact × 1", `${reason} × 1`].sort();
    return [[`ExternalSource ${name}`, told], [`ExternalArtifact ${name}`, told]] as const;
  }));
  const sorted = async () =>
    new Map([...await eventsOf(world)].map(([about, told]) => [about, told.sort()]));
  await eventually(async () => {
    assert.deepEqual(await sorted(), expected);
    return true;
  }, { withinMs: patience, what: "all events are written, and no other" });
}

const levels = ["debug", "info"];

for (const level of levels) {
  Deno.test(`a hostile upstream fails as its class says, leaves the artifact and leaks nothing (log level ${level})`, async () => {
    const args = [`--max-source-size=${maxSourceSize}`, `--log-level=${level}`];
    await FluxWorld.run(plane, { args, env }, async (world) => {
      await using stack = new AsyncDisposableStack();
      const sources = await Promise.all(
        hostileCases.map(async (hostile) => stack.use(await HostileSource.publish(world, hostile))),
      );
      await Promise.all(sources.map((source) => source.turn()));
      await Promise.all(sources.map((source) => source.expectFailure()));
      const asked = () => sources.map(({ upstream }) => upstream.askedAt.length);
      const before = asked();
      const retried = sources.filter((source) => source.case.class === "transient");
      await Promise.all(
        retried.map((source) => source.until("is retried", ({ failures = 0 }) => failures >= 4)),
      );
      for (const [index, { name, upstream, case: { class: hostileClass } }] of sources.entries()) {
        if (hostileClass === "transient") continue;
        assert.equal(upstream.askedAt.length, before[index], `${name} waits for its interval`);
      }
      await Promise.all(sources.map((source) => source.expectFailure()));
      await Promise.all(sources.map((source) => source.expectOldArtifact()));
      await Promise.all(sources.map((source) => source.restore("second")));
      await Promise.all(sources.map((source) => source.expectRecovery()));
      await expectEvents(world, sources);
      await expectNoLeaks(world, plane);
    });
  });
}
