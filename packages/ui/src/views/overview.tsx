import type { ReactNode } from "react";

import { linkTo } from "../live/route.ts";
import { useLive } from "../live/store.ts";
import { LineChart } from "../parts/chart.tsx";
import { compact, count, duration, mebibytes, timeOfDay } from "../parts/format.ts";

const SECONDS = 120;
const KINDS = 14;

/** What happens now, what is lost, who is busy, and how the agent itself is doing. */
export function OverviewView(): ReactNode {
  const { status, history, alerts } = useLive();
  if (status === undefined) return <p className="empty">Waiting for the agent…</p>;
  const recent = history.slice(-SECONDS);
  return (
    <div className="view">
      <header className="head">
        <h1>Overview</h1>
        <span className="muted">
          {status.host}, Linux {status.kernel}
        </span>
      </header>
      <section className="cards" aria-label="Now">
        <Card
          title="System calls"
          value={`${compact(status.callsPerSecond)}/s`}
          note="all, counted in the kernel"
        />
        <Card
          title="Events"
          value={`${compact(status.eventsPerSecond)}/s`}
          note={`${count(status.events)} so far`}
        />
        <Card
          title="Lost"
          value={count(status.lost)}
          note={
            status.lost === 0
              ? "nothing since the start"
              : `${count(status.lostPerSecond)} in the last second`
          }
          isBad={status.lost > 0}
        />
        <Card
          title="Alerts"
          value={count(status.alerts)}
          note={status.alerts === 0 ? "none since the start" : "since the start"}
          isBad={status.alerts > 0}
        />
        <Card
          title="Processes"
          value={count(status.processes)}
          note={`${count(status.guessedProcesses)} read late`}
        />
        <Card
          title="Agent"
          value={`${status.cpuPercent.toFixed(0)} % CPU`}
          note={`${mebibytes(status.rssBytes)}, up ${duration(status.uptimeSeconds)}`}
        />
      </section>
      <div className="columns">
        <section className="panel">
          <h2>Events per second</h2>
          <LineChart
            values={recent.map((one) => one.eventsPerSecond)}
            room={SECONDS}
            label="events/s, last two minutes"
          />
        </section>
        <section className="panel">
          <h2>System calls per second</h2>
          <LineChart
            values={recent.map((one) => one.callsPerSecond)}
            room={SECONDS}
            label="calls/s, last two minutes"
          />
        </section>
        <section className="panel">
          <h2>Busiest processes</h2>
          <table>
            <thead>
              <tr>
                <th className="number">Pid</th>
                <th>Process</th>
                <th className="number">Events/s</th>
              </tr>
            </thead>
            <tbody>
              {status.topProcesses.map(({ pid, name, perSecond }) => (
                <tr key={pid}>
                  <td className="number">{pid}</td>
                  <td>
                    <a href={linkTo("events", { filter: `pid=${pid}` })}>{name}</a>
                  </td>
                  <td className="number">{count(perSecond)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {status.topProcesses.length === 0 ? <p className="empty">Nobody did anything.</p> : null}
        </section>
        <section className="panel">
          <h2>Kinds of events</h2>
          <table>
            <thead>
              <tr>
                <th>Event</th>
                <th className="number">/s</th>
                <th className="number">Reported</th>
                <th className="number">Only counted</th>
                <th className="number">Lost</th>
              </tr>
            </thead>
            <tbody>
              {status.kinds.slice(0, KINDS).map((kind) => (
                <tr key={kind.name}>
                  <td>
                    <a href={linkTo("events", { filter: `type=${kind.name}` })}>{kind.name}</a>
                  </td>
                  <td className="number">{count(kind.perSecond)}</td>
                  <td className="number">{count(kind.emitted)}</td>
                  <td className="number muted">{count(kind.filtered)}</td>
                  <td className={kind.lost > 0 ? "number bad" : "number"}>{count(kind.lost)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      <section className="panel">
        <h2>Last alerts</h2>
        {alerts.length === 0 ? (
          <p className="empty">No rule fired.</p>
        ) : (
          <ul className="plain-list">
            {alerts
              .slice(-5)
              .toReversed()
              .map((alert) => (
                <li key={alert.number}>
                  <a href={linkTo("alerts", { alert: String(alert.number) })}>
                    <span className="muted">{timeOfDay(alert.timeNs)}</span>{" "}
                    <span className={`priority ${alert.priority.toLowerCase()}`}>
                      {alert.priority}
                    </span>{" "}
                    {alert.message}
                  </a>
                </li>
              ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function Card({
  title,
  value,
  note,
  isBad = false,
}: {
  readonly title: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}): ReactNode {
  return (
    <div className={isBad ? "card bad" : "card"}>
      <h2>{title}</h2>
      <p className="value">{value}</p>
      <p className="muted">{note}</p>
    </div>
  );
}
