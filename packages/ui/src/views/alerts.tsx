import { useEffect, useState, type ReactNode } from "react";

import { linkTo, useRoute } from "../live/route.ts";
import { fetchJson, useLive } from "../live/store.ts";
import type { AlertSummary, RuleSummary } from "../live/types.ts";
import { count, timeOfDay } from "../parts/format.ts";

const SHOWN = 300;

/** Alerts, the newest first; one of them with its process tree, its fields and its rule. */
export function AlertsView(): ReactNode {
  const { alerts, status } = useLive();
  const { parameters } = useRoute();
  const rules = useRules(status?.alerts ?? 0);
  const chosen = alerts.find(({ number }) => String(number) === parameters.get("alert"));
  const rule = parameters.get("rule") ?? "";
  const shown = alerts
    .filter((one) => rule === "" || one.rule === rule)
    .slice(-SHOWN)
    .toReversed();
  return (
    <div className="view fill">
      <header className="head">
        <h1>Alerts</h1>
        <span className="muted" role="status">
          {count(status?.alerts ?? alerts.length)} since the start, {count(rules.length)} rules at
          work
        </span>
        {rule === "" ? null : <a href={linkTo("alerts")}>Show all rules</a>}
      </header>
      <div className="split">
        <div className="scroll">
          {shown.length === 0 ? <p className="empty">No rule fired.</p> : null}
          <ul className="plain-list alerts">
            {shown.map((alert) => (
              <li key={alert.number} className={alert === chosen ? "selected" : ""}>
                <a href={linkTo("alerts", { rule, alert: String(alert.number) })}>
                  <span className="muted">{timeOfDay(alert.timeNs)}</span>{" "}
                  <span className={`priority ${alert.priority.toLowerCase()}`}>
                    {alert.priority}
                  </span>{" "}
                  <strong>{alert.rule}</strong>
                  <br />
                  {alert.message}
                </a>
              </li>
            ))}
          </ul>
          <RuleTable rules={rules} />
        </div>
        {chosen === undefined ? null : (
          <AlertDetails alert={chosen} rule={rules.find(({ name }) => name === chosen.rule)} />
        )}
      </div>
    </div>
  );
}

/** The rules, asked for again when the number of alerts changed. */
function useRules(alerts: number): readonly RuleSummary[] {
  const [rules, setRules] = useState<readonly RuleSummary[]>([]);
  useEffect(() => {
    let isGone = false;
    fetchJson<readonly RuleSummary[]>("/api/rules").then(
      (list) => {
        if (!isGone) setRules(list);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [alerts]);
  return rules;
}

function RuleTable({ rules }: { readonly rules: readonly RuleSummary[] }): ReactNode {
  return (
    <section className="panel">
      <h2>Rules at work</h2>
      <table>
        <thead>
          <tr>
            <th>Rule</th>
            <th>Priority</th>
            <th className="number">Alerts</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((one) => (
            <tr key={one.name}>
              <td>
                <a href={linkTo("alerts", { rule: one.name })} title={one.description}>
                  {one.name}
                </a>
              </td>
              <td>
                <span className={`priority ${one.priority.toLowerCase()}`}>{one.priority}</span>
              </td>
              <td className="number">{count(one.alerts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function AlertDetails({
  alert,
  rule,
}: {
  readonly alert: AlertSummary;
  readonly rule: RuleSummary | undefined;
}): ReactNode {
  return (
    <aside className="details" aria-label="Alert">
      <h2>{alert.rule}</h2>
      <p>{alert.message}</p>
      {rule === undefined ? null : <p className="muted">{rule.description}</p>}
      <h2>Process tree</h2>
      <ol className="ancestry">
        {alert.ancestry.toReversed().map((one, depth) => (
          <li key={one.pid} style={{ paddingLeft: depth * 14 }}>
            <a href={linkTo("events", { filter: `pid=${one.pid}` })}>
              {one.name === "" ? "(unknown)" : one.name}
            </a>{" "}
            <span className="muted">
              {one.pid} {one.commandLine}
            </span>
          </li>
        ))}
      </ol>
      <h2>Fields</h2>
      <dl>
        {Object.entries(alert.fields).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {rule === undefined ? null : (
        <>
          <h2>Condition</h2>
          <pre>{rule.condition}</pre>
        </>
      )}
      <p className="muted">{alert.tags.join(" · ")}</p>
    </aside>
  );
}
