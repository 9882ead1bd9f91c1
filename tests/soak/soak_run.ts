import { seededRandom } from "../seeded_random.ts";
import { type ChaosAction, chooseAction, disturb } from "./chaos.ts";
import { judgeRun, type Violation } from "./judge_run.ts";
import { type SoakOptions, SoakWorld } from "./soak_world.ts";

/** What is to be done to a world: these things, or by chance until the time is over. */
export interface SoakPlan {
  readonly seed: number;
  readonly actions?: readonly ChaosAction[];
  readonly minutes?: number;
  /** The time after each action in which nothing is done. */
  readonly quietMs: number;
}

/** What came of it. */
export interface SoakFigures {
  readonly violations: readonly Violation[];
  readonly actions: readonly ChaosAction[];
  readonly seconds: number;
  readonly versions: number;
  /** Of them, whose document was read. */
  readonly documents: number;
  readonly polls: number;
  /** Downloads that had not at once what was promised. */
  readonly retried: number;
  readonly gaps: number;
  readonly requests: number;
  /** Sources of each replica, at the end. */
  readonly spread: readonly number[];
  /** How many milliseconds after the last change all was published; undefined if it never was. */
  readonly caughtUpMs: number | undefined;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const changeEveryMs = 500;

/** Runs a world through a plan and judges what was seen. */
export async function soak(options: SoakOptions, plan: SoakPlan): Promise<SoakFigures> {
  return await SoakWorld.run(options, async (world) => {
    const started = performance.now();
    const { requests } = world.documents;
    const actions = await disturbAll(world, plan);
    const { intervalMs, takeOverMs, marginMs } = world.terms;
    const caughtUpMs = await world.untilCaughtUp(intervalMs + takeOverMs + marginMs);
    world.documents.lastAskedBy.clear();
    await pause(1.5 * intervalMs + takeOverMs); // so every source was asked for once more by its owner
    const history = world.history();
    const violations = judgeRun(history, world.terms);
    world.keepsFolder = violations.length > 0;
    return {
      violations,
      actions,
      seconds: Math.round((performance.now() - started) / 1_000),
      versions: history.versions.length,
      documents: history.documents.size,
      polls: history.pollsDone,
      retried: history.polls.length,
      gaps: world.recorder.gaps,
      requests: world.documents.requests - requests,
      spread: world.spread(),
      caughtUpMs,
    };
  });
}

/** Documents change all the time, a few at once, other ones each time. */
async function disturbAll(world: SoakWorld, plan: SoakPlan): Promise<ChaosAction[]> {
  const random = seededRandom(plan.seed);
  const { names, documents } = world;
  let at = 0;
  const some = Math.ceil(names.length / 300);
  const changing = setInterval(() => {
    documents.change(Array.from({ length: some }, () => names[at++ * 7 % names.length]!));
  }, changeEveryMs);
  const done: ChaosAction[] = [];
  const until = performance.now() + (plan.minutes ?? 0) * 60_000;
  try {
    const next = () =>
      plan.actions ? plan.actions[done.length] : performance.now() < until && chooseAction(random);
    for (let action = next(); action; action = next()) {
      await disturb(world, action);
      done.push(action);
      await pause(plan.quietMs);
    }
  } finally {
    clearInterval(changing);
  }
  return done;
}
