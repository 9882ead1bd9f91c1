import type { FluxWorld } from "./flux_world.ts";

/** A Kubernetes Event: what the tests look at. */
export interface KubeEvent {
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly reportingComponent: string;
}

/** The Kubernetes Events of a world that the program under test has written; Flux writes some too. */
export async function ourEvents(world: FluxWorld): Promise<readonly KubeEvent[]> {
  const events = await world.api.list(world.path("Event")) as unknown as readonly KubeEvent[];
  return events.filter((each) => each.reportingComponent === "externalsource-controller");
}
