import type { ReactNode } from "react";

import { linkTo, useRoute } from "./live/route.ts";
import { useLive } from "./live/store.ts";
import { ThemeSwitch } from "./parts/theme.tsx";
import { AlertsView } from "./views/alerts.tsx";
import { EventsView } from "./views/events.tsx";
import { OverviewView } from "./views/overview.tsx";
import { ProcessesView } from "./views/processes.tsx";

const VIEWS: readonly {
  readonly name: string;
  readonly title: string;
  readonly show: () => ReactNode;
}[] = [
  { name: "overview", title: "Overview", show: () => <OverviewView /> },
  { name: "events", title: "Events", show: () => <EventsView /> },
  { name: "processes", title: "Processes", show: () => <ProcessesView /> },
  { name: "alerts", title: "Alerts", show: () => <AlertsView /> },
];

/** The whole page: navigation on the left, one view beside it. */
export function App(): ReactNode {
  const { view } = useRoute();
  const { status, connection, alerts } = useLive();
  const shown = VIEWS.find(({ name }) => name === view) ?? VIEWS[0];
  return (
    <div className="page">
      <nav aria-label="Views">
        <div className="brand">
          <Eyes />
          <strong>Ocelli</strong>
        </div>
        {VIEWS.map(({ name, title }) => (
          <a
            key={name}
            href={linkTo(name)}
            aria-current={name === shown?.name ? "page" : undefined}
          >
            {title}
            {name === "alerts" && alerts.length > 0 ? (
              <span className="badge">{status?.alerts ?? alerts.length}</span>
            ) : null}
          </a>
        ))}
        <div className="foot">
          <span className={`connection ${connection}`}>
            {connection === "open"
              ? "connected"
              : connection === "lost"
                ? "connection lost"
                : "connecting"}
          </span>
          <ThemeSwitch />
        </div>
      </nav>
      <main>
        {status?.mode === "recording" ? (
          <p className="notice" role="status">
            {status.title}
          </p>
        ) : null}
        {status?.problems.map((problem) => (
          <p className="notice bad" role="alert" key={problem}>
            {problem}
          </p>
        ))}
        {shown?.show()}
      </main>
    </div>
  );
}

function Eyes(): ReactNode {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <circle cx="16" cy="9" r="6" className="eye network" />
      <circle cx="8" cy="22" r="6" className="eye performance" />
      <circle cx="24" cy="22" r="6" className="eye security" />
    </svg>
  );
}
