/** A condition of a status, as Kubernetes' `metav1.Condition`. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, seconds. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** A condition before it is known when it last changed. */
export type ConditionState = Omit<Condition, "lastTransitionTime">;

/** The condition of a type, if present. */
export function findCondition(
  conditions: readonly Condition[],
  type: string,
): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * `conditions` with `state` in it. `lastTransitionTime` is `now` only if the status changes (`metav1.Condition`);
 * the order of the others stays.
 */
export function withCondition(
  conditions: readonly Condition[],
  state: ConditionState,
  now: string,
): Condition[] {
  const old = findCondition(conditions, state.type);
  const lastTransitionTime = old?.status === state.status ? old.lastTransitionTime : now;
  const next: Condition = { ...state, lastTransitionTime };
  return old
    ? conditions.map((condition) => condition.type === state.type ? next : condition)
    : [...conditions, next];
}

/** `conditions` without those of the given types. */
export function withoutConditions(
  conditions: readonly Condition[],
  ...types: readonly string[]
): Condition[] {
  return conditions.filter((condition) => !types.includes(condition.type));
}

/** The longest message that the Kubernetes API accepts in a condition (`metav1.Condition`), in characters. */
export const maxConditionMessage = 32_768;
