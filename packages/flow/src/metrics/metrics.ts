import { LostEventSource, type Flow, type LostEvent } from "../proto/flow.gen.ts";
import { MetricConfigError, readMetricConfig } from "./options.ts";
import { METRIC_PLUGINS } from "./plugins.ts";
import { createMetricRegistry } from "./registry.ts";

/** Hubble's metrics over flows. */
export interface FlowMetrics {
  readonly processFlow: (flow: Flow) => void;
  readonly processLost: (lost: LostEvent) => void;
  /** The exposition in Prometheus' text format. */
  readonly text: () => string;
  /** Names of metrics that are not known and were skipped. */
  readonly skipped: readonly string[];
}

const SOURCES: ReadonlyMap<number, string> = new Map([
  [LostEventSource.PERF_EVENT_RING_BUFFER, "perf_event_ring_buffer"],
  [LostEventSource.OBSERVER_EVENTS_QUEUE, "observer_events_queue"],
  [LostEventSource.HUBBLE_RING_BUFFER, "hubble_ring_buffer"],
]);

/**
 * Sets up the metrics of `configs`, each `name[:option[=value][;…]]`. Names that are not known are skipped, as are options.
 * Throws MetricConfigError for a context that does not exist, and for http beside httpV2.
 */
export function createFlowMetrics(configs: readonly string[]): FlowMetrics {
  const registry = createMetricRegistry();
  const processors: ((flow: Flow) => void)[] = [];
  const skipped: string[] = [];
  const given = new Set<string>();
  for (const text of configs) {
    const { name, options } = readMetricConfig(text);
    const plugin = Object.hasOwn(METRIC_PLUGINS, name) ? METRIC_PLUGINS[name] : undefined;
    if (plugin === undefined || given.has(name)) {
      skipped.push(name);
      continue;
    }
    given.add(name);
    if (given.has("http") && given.has("httpV2")) {
      throw new MetricConfigError("http and httpV2 cannot be enabled together: choose one");
    }
    try {
      processors.push(plugin(registry, options));
    } catch (error) {
      if (!(error instanceof MetricConfigError)) throw error;
      throw new MetricConfigError(`unable to initialize metric '${name}': ${error.message}`);
    }
  }
  const lost = registry.counter("hubble_lost_events_total", "Number of lost events", ["source"]);
  return {
    skipped,
    processFlow: (flow) => {
      for (const process of processors) process(flow);
    },
    processLost: ({ source, numEventsLost }) => {
      lost([SOURCES.get(source) ?? "unknown"], Number(numEventsLost));
    },
    text: () => registry.text(),
  };
}
