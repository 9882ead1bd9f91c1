import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * The `process_*` figures that dashboards know. prom-client's own read /proc, which a Deno with scoped permissions
 * refuses (PLATFORM §8).
 *
 * @param startedAt seconds since the Unix epoch
 */
export function addProcessMetrics(registry: Registry, startedAt: number): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "process_heap_bytes",
    help: "Size of the JavaScript heap in use in bytes.",
    registers,
    collect() {
      this.set(Deno.memoryUsage().heapUsed);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start time of the process since unix epoch in seconds.",
    registers,
  }).set(startedAt);
}
