import type { Alert } from "@ocelli/rules";

/** What is held back because it says nothing that was not just said. */
export interface ThrottleOptions {
  /**
   * Alerts of the same rule with the same fields are one within this time, in milliseconds; the first goes out. Default: 0,
   * none are held back.
   */
  readonly duplicateWindowMs?: number;
  /** How many alerts of one rule may go out in `ratePeriodMs`. Default: no limit. */
  readonly ratePerRule?: number;
  /** Default: 60,000. */
  readonly ratePeriodMs?: number;
}

/** Whether an alert goes out, and how many like it were held back before it. */
export type ThrottleVerdict =
  | { readonly kind: "pass"; readonly heldBack: number }
  | { readonly kind: "duplicate" | "rate" };

/** More alerts than this are not remembered: the oldest are forgotten first. */
const MOST_REMEMBERED = 10_000;

/** Makes a throttle. It is told the time in milliseconds, which must not go back. */
export function createThrottle(
  options: ThrottleOptions,
): (alert: Alert, nowMs: number) => ThrottleVerdict {
  const { duplicateWindowMs = 0, ratePerRule, ratePeriodMs = 60_000 } = options;
  const lately = new Map<string, { sinceMs: number; heldBack: number }>();
  const rates = new Map<string, { sinceMs: number; passed: number; heldBack: number }>();

  const duplicate = (alert: Alert, nowMs: number): ThrottleVerdict => {
    if (duplicateWindowMs <= 0) return { kind: "pass", heldBack: 0 };
    const key = `${alert.rule}\0${alert.source}\0${alert.message}`;
    const known = lately.get(key);
    if (known !== undefined && nowMs - known.sinceMs < duplicateWindowMs) {
      known.heldBack++;
      return { kind: "duplicate" };
    }
    lately.delete(key);
    lately.set(key, { sinceMs: nowMs, heldBack: 0 });
    const [oldest] = lately.keys();
    if (lately.size > MOST_REMEMBERED && oldest !== undefined) lately.delete(oldest);
    return { kind: "pass", heldBack: known?.heldBack ?? 0 };
  };

  return (alert, nowMs) => {
    const verdict = duplicate(alert, nowMs);
    if (verdict.kind !== "pass" || ratePerRule === undefined) return verdict;
    const rate = rates.get(alert.rule) ?? { sinceMs: nowMs, passed: 0, heldBack: 0 };
    rates.set(alert.rule, rate);
    if (nowMs - rate.sinceMs >= ratePeriodMs) {
      rate.sinceMs = nowMs;
      rate.passed = 0;
    }
    if (rate.passed >= ratePerRule) {
      rate.heldBack++;
      return { kind: "rate" };
    }
    rate.passed++;
    const heldBack = verdict.heldBack + rate.heldBack;
    rate.heldBack = 0;
    return { kind: "pass", heldBack };
  };
}
