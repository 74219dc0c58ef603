import type { ScapCounts } from "@ocelli/capture";
import type { RuleStatistics } from "@ocelli/rules";

/** What a replay has counted. */
export interface ReplayStats {
  readonly counts: ScapCounts;
  readonly seconds: number;
  readonly matched: number;
  readonly rules: readonly RuleStatistics[];
}

/** The counts as lines for a person. */
export function statsText({ counts, seconds, matched, rules }: ReplayStats): string {
  const rate = seconds > 0 ? counts.blocks / seconds : 0;
  const lines = [
    `${counts.blocks} event blocks, ${counts.events} events in ${seconds.toFixed(2)} s: ${Math.round(rate)} blocks/s`,
  ];
  if (counts.unknown > 0) lines.push(`${counts.unknown} events of unknown kinds were left out`);
  if (matched !== counts.events) lines.push(`${matched} events matched`);
  const raised = rules.filter(({ alerts }) => alerts > 0);
  const alerts = raised.reduce((sum, rule) => sum + rule.alerts, 0);
  if (rules.length > 0)
    lines.push(`${alerts} alerts of ${raised.length} among ${rules.length} rules`);
  for (const { rule, alerts: count } of raised.toSorted((a, b) => b.alerts - a.alerts))
    lines.push(`  ${count}  ${rule}`);
  return `${lines.join("\n")}\n`;
}

/** The counts as one line of JSON. */
export function statsJson({ counts, seconds, matched, rules }: ReplayStats): string {
  const alerts = Object.fromEntries(
    rules.filter((rule) => rule.alerts > 0).map(({ rule, alerts: count }) => [rule, count]),
  );
  const blocksPerSecond = seconds > 0 ? Math.round(counts.blocks / seconds) : 0;
  return `${JSON.stringify({ ...counts, seconds, blocksPerSecond, matched, alerts })}\n`;
}
