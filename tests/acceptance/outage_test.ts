import assert from "node:assert/strict";
import { type OutageFigures, OutageWorld } from "./outage_world.ts";

const outages = 10;
/** To this comes the time of the API server's own start, about 4 s. A minute each: `OUTAGE_MS=60000`. */
const lastsMs = Number(Deno.env.get("OUTAGE_MS") ?? 1_000);

/** What the figures of late outages may be above those of early ones: about what any two outages differ by. */
const limits = { descriptors: 3, heapMiB: 4, residentMiB: 24 } as const;

/** The middle one of three outages, so that one that met something else does not count. */
function middleOf(figures: readonly OutageFigures[], name: keyof OutageFigures): number {
  return figures.map((each) => each[name]).toSorted((a, b) => a - b)[1]!;
}

Deno.test("controller catches up by itself each time that the API server was killed, and grows by nothing", async () => {
  await OutageWorld.run(async (world) => {
    const figures: OutageFigures[] = [];
    for (let outage = 1; outage <= outages; outage++) figures.push(await world.outage(lastsMs));
    // In the first one code is compiled, and connections and buffers are made that stay.
    const [early, late] = [figures.slice(1, 4), figures.slice(-3)];
    for (const name of ["descriptors", "heapMiB", "residentMiB"] as const) {
      const growth = middleOf(late, name) - middleOf(early, name);
      const seen = figures.map((each) => Math.round(each[name])).join(" ");
      assert.ok(growth <= limits[name], `${name} grew by ${growth}: ${seen}`);
    }
  });
});
