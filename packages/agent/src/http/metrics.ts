import type { AgentStatus } from "../status.ts";

/** The agent's counters in the text format of OpenMetrics 1.0. */
export function formatMetrics(status: AgentStatus): string {
  const lines: string[] = [];
  const family = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    samples: readonly (readonly [labels: string, value: number])[],
    unit?: string,
  ): void => {
    lines.push(`# TYPE ${name} ${type}`);
    if (unit !== undefined) lines.push(`# UNIT ${name} ${unit}`);
    lines.push(`# HELP ${name} ${help}`);
    for (const [labels, value] of samples)
      lines.push(`${name}${type === "counter" ? "_total" : ""}${labels} ${value}`);
  };
  const one = (value: number): readonly (readonly [string, number])[] => [["", value]];
  const byKind = (field: "emitted" | "filtered" | "lost"): readonly (readonly [string, number])[] =>
    status.kinds
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((kind) => [`{event="${kind.name}"}`, kind[field]]);
  family("ocelli_events", "counter", "Events handed to rules and store.", one(status.events));
  family(
    "ocelli_kernel_events",
    "counter",
    "Events handed to the ring, by kind.",
    byKind("emitted"),
  );
  family(
    "ocelli_kernel_filtered",
    "counter",
    "Events that nobody had asked for, by kind.",
    byKind("filtered"),
  );
  family(
    "ocelli_kernel_lost",
    "counter",
    "Events that found the ring full, by kind.",
    byKind("lost"),
  );
  family("ocelli_alerts", "counter", "Alerts that rules raised.", one(status.alerts));
  family(
    "ocelli_stream_dropped",
    "counter",
    "Messages that pages were too slow to take.",
    one(status.droppedBatches),
  );
  family("ocelli_streams", "gauge", "Pages that listen.", one(status.streams));
  family("ocelli_processes", "gauge", "Processes that are known.", one(status.processes));
  family(
    "ocelli_guessed_processes",
    "counter",
    "Processes that no event announced.",
    one(status.guessedProcesses),
  );
  family(
    "ocelli_resident_memory_bytes",
    "gauge",
    "Memory of the agent.",
    one(status.rssBytes),
    "bytes",
  );
  family(
    "ocelli_uptime_seconds",
    "gauge",
    "Time since the start.",
    one(status.uptimeSeconds),
    "seconds",
  );
  lines.push("# EOF", "");
  return lines.join("\n");
}
