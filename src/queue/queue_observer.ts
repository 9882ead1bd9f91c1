/**
 * Hears what a `WorkQueue` does, so that telemetry can count it: the calls match the `workqueue_*` metrics of
 * controller-runtime. Called synchronously; must be quick and must not throw.
 */
export interface QueueObserver<Key extends string> {
  /** The key was not waiting and now is: `workqueue_adds_total`. */
  added?(key: Key): void;
  /** A run asked for another one: `workqueue_retries_total`, which counts delayed adds of whatever reason. */
  requeued?(key: Key): void;
  /** A run began, so many milliseconds after it was due: `workqueue_queue_duration_seconds`. */
  started?(key: Key, waitedMs: number): void;
  /** A run ended: `workqueue_work_duration_seconds`. */
  finished?(key: Key, ranMs: number): void;
  /** A handler rejected although it was not aborted: a bug, to be logged. The key is tried again after a minute. */
  crashed?(key: Key, error: unknown): void;
}
