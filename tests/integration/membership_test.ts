import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { CredentialSource } from "../../src/objects/kube/credentials.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import { readLines } from "../../src/objects/kube/read_lines.ts";
import { leaseName } from "../../src/shard/lease_name.ts";
import { goLeaderLease } from "../../src/shard/lookout.ts";
import { mustFence } from "../../src/shard/ring.ts";
import { eventually } from "../acceptance/eventually.ts";
import { ApiProxy } from "../proxy/api_proxy.ts";
import { KubeWorld } from "./kube_world.ts";
import {
  durationMs,
  type KubeMember,
  type KubeMemberOptions,
  startMember,
} from "./member_world.ts";

/** Generous: a condition is waited for, however busy the machine. */
const withinMs = 60_000;
const uids = Array.from({ length: 300 }, (_, index) => `uid-${index}`);
const program = fileURLToPath(new URL("member_program.ts", import.meta.url));

let world: KubeWorld;
let admin: CredentialSource;

Deno.test.beforeAll(async () => {
  world = await KubeWorld.start();
  admin = await kubeconfigCredentials({ file: world.plane.kubeconfig });
});
Deno.test.afterAll(() => world?.plane.close());

const ownedBy = ({ membership }: KubeMember) => uids.filter((uid) => membership.owns(uid));

const writersOf = (uid: string, members: readonly KubeMember[]) =>
  members.filter(({ membership }) => membership.owns(uid) && membership.mayWrite());

/** Members of a namespace of their own. While anything is waited for, no source may have two that write. */
class Members {
  readonly all: KubeMember[] = [];
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  start(name: string, options: Partial<KubeMemberOptions> = {}): KubeMember {
    const { namespace } = this;
    const member = startMember({ name, namespace, credentials: admin, ...options });
    this.all.push(member);
    return member;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    await eventually(() => {
      this.#check();
      return holds();
    }, { withinMs, what, lookEveryMs: 10 });
  }

  /** Each source has one that writes, and that is among these; each of these has some (one alone may have begun with all). */
  sharedBy(...members: readonly KubeMember[]): Promise<void> {
    const names = members.map(({ membership }) => membership.name);
    return this.until(
      () =>
        uids.every((uid) => writersOf(uid, members).length === 1) &&
        members.every((member) => ownedBy(member).length > 0),
      `${names} share the sources`,
    );
  }

  /** Nothing happens for so many renewals of a member. */
  async renewals(member: KubeMember, count: number): Promise<void> {
    const puts = () => member.calls.filter((method) => method === "PUT").length;
    const before = puts();
    await this.until(() => puts() >= before + count, `${count} renewals`);
  }

  async close(): Promise<void> {
    for (const { membership, leases } of this.all) {
      await membership.release();
      leases.close();
    }
  }

  #check(): void {
    for (const uid of uids) {
      const names = writersOf(uid, this.all).map(({ membership }) => membership.name);
      assert.ok(names.length <= 1, `${uid}: ${names}`);
    }
  }
}

async function withMembers(body: (members: Members) => Promise<void>): Promise<void> {
  const members = new Members(await world.namespace());
  try {
    await body(members);
  } finally {
    await members.close();
  }
}

Deno.test("Membership shares sources among three, hands over, takes over and comes back", async () => {
  await withMembers(async (members) => {
    const [a, b, c] = ["m-0", "m-1", "m-2"].map((name) => members.start(name)) as [
      KubeMember,
      KubeMember,
      KubeMember,
    ];
    await members.sharedBy(a, b, c);
    assert.deepEqual(a.membership.peers().map(({ name }) => name), ["m-1", "m-2"]);

    await b.membership.release();
    await members.sharedBy(a, c);

    const cs = ownedBy(c);
    c.leases.close(); // it never gets through again
    await members.sharedBy(a);
    assert.equal(c.membership.mayWrite(), false);
    const taken = a.changes.flatMap((change) =>
      cs.filter((uid) => mustFence(change, { uid, owner: "m-2" }))
    );
    assert.ok(cs.every((uid) => taken.includes(uid)));
    assert.ok(a.membership.msSinceOwnerEnded(cs[0]!)! < withinMs);

    const again = members.start("m-2");
    await members.sharedBy(a, again);
  });
});

Deno.test("Membership makes two reads and one write a round, whoever else is there", async () => {
  await withMembers(async (members) => {
    const [a, b] = [members.start("m-0"), members.start("m-1")];
    await members.sharedBy(a, b);
    await members.renewals(a, 2);
    const before = a.calls.length;
    await members.renewals(a, 5);
    const { GET = [], PUT = [], ...others } = Object.groupBy(a.calls.slice(before), (call) => call);
    assert.deepEqual(others, {});
    assert.ok(Math.abs(GET.length - 2 * PUT.length) <= 2, `${GET.length} GET, ${PUT.length} PUT`);
  });
});

Deno.test("Membership stops while the API server is away, and goes on after", async () => {
  await withMembers(async (members) => {
    const [a, b] = [members.start("m-0"), members.start("m-1")];
    await members.sharedBy(a, b);
    const bs = ownedBy(b);
    await world.plane.stop("kube-apiserver");
    try {
      await members.until(
        () => [a, b].every(({ membership: { state } }) => state === "lapsed"),
        "both have stopped",
      );
    } finally {
      await world.plane.start();
    }
    await members.sharedBy(a, b);
    assert.deepEqual(ownedBy(b), bs);
  });
});

Deno.test("Membership gives up a connection that is silent, before its lease ends", async () => {
  const proxy = new ApiProxy(admin.server, world.plane.dir);
  await withMembers(async (members) => {
    const a = members.start("m-0", { credentials: { ...admin, server: proxy.url } });
    await members.sharedBy(a);
    let asked = 0;
    const hang = Promise.withResolvers<void>();
    proxy.intercept = async () => {
      asked += 1;
      await hang.promise;
      return Response.json({}, { status: 503 });
    };
    await members.until(() => asked > 0, "it is asked");
    await members.until(() => a.membership.state === "lapsed", "it stops");
    proxy.intercept = () => undefined;
    hang.resolve();
    await members.sharedBy(a);
    assert.ok(a.problems.some((each) => each.includes("no whole answer in time")), `${a.problems}`);
  });
  await proxy.close();
});

Deno.test("Membership does not mind a wall clock that jumps", async () => {
  await withMembers(async (members) => {
    let jump = 0;
    const a = members.start("m-0", { wallNow: () => Date.now() + jump });
    const b = members.start("m-1");
    await members.sharedBy(a, b);
    const owned = ownedBy(a);
    for (jump of [86_400_000, -86_400_000, 0]) {
      await members.renewals(a, 4);
      await members.sharedBy(a, b);
      assert.deepEqual(ownedBy(a), owned);
    }
  });
});

Deno.test("Membership writes nothing in a process that wakes after its lease", async () => {
  await withMembers(async (members) => {
    const a = members.start("m-0");
    const args = ["run", "-A", program, world.plane.kubeconfig, members.namespace, "m-1"];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
    const lines = readLines(child.stdout);
    const line = async (holds: (line: Printed) => boolean): Promise<Printed> => {
      for (;;) {
        const next = await lines.next();
        assert.ok(!next.done, "the member ended");
        const printed: Printed = JSON.parse(next.value);
        if (holds(printed)) return printed;
      }
    };
    try {
      const { writable } = await line((each) => each.writable > 0);
      await line((each) => each.stillHeld === writable);
      child.kill("SIGSTOP");
      await members.sharedBy(a);
      child.kill("SIGCONT");
      const woken = await line(({ gapMs }) => gapMs > durationMs);
      assert.deepEqual([woken.writable, woken.stillHeld], [0, 0]);
      const back = await line((each) => each.writable > 0);
      assert.equal(back.stillHeld, 0);
      assert.ok(ownedBy(a).length < uids.length);
    } finally {
      child.kill("SIGKILL");
      await lines.return(undefined);
      await child.status;
    }
  });
});

interface Printed {
  readonly gapMs: number;
  readonly writable: number;
  readonly stillHeld: number;
}

Deno.test("Membership waits for the Go leader, and clears the Lease that it left", async () => {
  await withMembers(async (members) => {
    const { namespace } = members;
    const now = new Date().toISOString().replace("Z", "000Z");
    const lease = {
      ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
      metadata: { name: goLeaderLease },
      spec: { holderIdentity: "go_1", leaseDurationSeconds: 4, acquireTime: now, renewTime: now },
    };
    await world.plane.kubectl(["-n", namespace, "create", "-f", "-"], JSON.stringify(lease));
    const a = members.start("m-0");
    await members.until(() => a.membership.state === "yielding", "it yields");
    assert.equal(a.membership.mayWrite(), false);
    await members.sharedBy(a);
    const left = () => world.plane.kubectl(["-n", namespace, "get", "leases", "--output=name"]);
    await eventually(async () => !(await left()).includes(goLeaderLease), {
      withinMs,
      what: "the Go leader's Lease is gone",
    });
    assert.ok((await left()).includes(leaseName("m-0")));
  });
});

/** The credentials of a ServiceAccount of the namespace with these verbs on its Leases. */
async function account(namespace: string, verbs: readonly string[]): Promise<CredentialSource> {
  const kubectl = (...args: string[]) => world.plane.kubectl(["-n", namespace, ...args]);
  await kubectl("create", "serviceaccount", "operator");
  if (verbs.length > 0) {
    await kubectl(
      ...["create", "role", "operator", `--verb=${verbs}`],
      "--resource=leases.coordination.k8s.io",
    );
    const subject = `--serviceaccount=${namespace}:operator`;
    await kubectl("create", "rolebinding", "operator", "--role=operator", subject);
  }
  const token = (await kubectl("create", "token", "operator")).trim();
  const { ca } = await admin.read(false);
  const headers = { authorization: `Bearer ${token}` };
  return {
    server: admin.server,
    read: () => Promise.resolve({ headers, ...(ca === undefined ? {} : { ca }) }),
  };
}

Deno.test("Membership needs get, list, create, update and delete on Leases, and no more", async () => {
  await withMembers(async (members) => {
    const { namespace } = members;
    const verbs = ["get", "list", "create", "update", "delete"];
    const credentials = await account(namespace, verbs);
    const a = members.start("m-0", { credentials });
    await members.sharedBy(a);
    await a.membership.release();
    const left = await world.plane.kubectl(["-n", namespace, "get", "leases", "--output=name"]);
    assert.equal(left.trim(), "");
    // A busy API server may have been late.
    assert.deepEqual(a.problems.filter((each) => /cannot \w+ resource/.test(each)), []);
  });
});

Deno.test("Membership without a right to Leases writes only where it may be the only one, and says what is missing", async () => {
  await withMembers(async (members) => {
    const credentials = await account(members.namespace, []);
    const lone = members.start("m-0", { credentials, isShared: false });
    const second = members.start("m-1", { credentials, isShared: false });
    await members.sharedBy(lone);
    assert.equal(lone.membership.state, "alone");
    assert.match(lone.problems[0]!, /cannot (list|get) resource "leases"/);
    await members.until(() => second.membership.state === "refused", "the second is refused");
    assert.equal(second.membership.mayWrite(), false);
  });
});
