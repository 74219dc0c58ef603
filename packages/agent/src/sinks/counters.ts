import type { Alert } from "@ocelli/rules";

/** Counts alerts by rule for Prometheus. */
export interface AlertCounters {
  readonly count: (alert: Alert) => void;
  /** The counters in the text format of Prometheus and OpenMetrics, without `# EOF`. */
  readonly metrics: () => string;
}

/** Makes counters: `ocelli_rule_alerts_total{rule,priority,source}`. */
export function createAlertCounters(): AlertCounters {
  const counts = new Map<string, number>();
  return {
    count: ({ rule, priority, source }) => {
      const labels = [
        `rule="${escapeLabel(rule)}"`,
        `priority="${priority}"`,
        `source="${escapeLabel(source)}"`,
      ].join(",");
      counts.set(labels, (counts.get(labels) ?? 0) + 1);
    },
    metrics: () =>
      [
        "# TYPE ocelli_rule_alerts counter",
        "# HELP ocelli_rule_alerts Alerts by the rule that raised them.",
        ...[...counts].map(([labels, count]) => `ocelli_rule_alerts_total{${labels}} ${count}`),
        "",
      ].join("\n"),
  };
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
