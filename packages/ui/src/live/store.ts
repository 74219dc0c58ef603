import { useSyncExternalStore } from "react";

import type { AgentStatus, AlertSummary, EventSummary } from "./types.ts";

/** Everything that streams in. Arrays are replaced, never changed, when something came. */
export interface Live {
  readonly connection: "connecting" | "open" | "lost";
  readonly status: AgentStatus | undefined;
  /** One a second, the oldest first. */
  readonly history: readonly AgentStatus[];
  readonly events: readonly EventSummary[];
  /** Events that came faster than the agent sends them. */
  readonly leftOut: number;
  readonly alerts: readonly AlertSummary[];
}

const MOST_EVENTS = 100_000;
const MOST_ALERTS = 2000;
const HISTORY = 300;

let live: Live = {
  connection: "connecting",
  status: undefined,
  history: [],
  events: [],
  leftOut: 0,
  alerts: [],
};
const listeners = new Set<() => void>();

function change(part: Partial<Live>): void {
  live = { ...live, ...part };
  for (const listener of listeners) listener();
}

/** The stream as React sees it. */
export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Fetches JSON of the agent's API. */
export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  // The agent of the same version answers.
  return (await response.json()) as T;
}

interface Batch {
  readonly leftOut: number;
  readonly events: readonly EventSummary[];
  readonly alerts: readonly AlertSummary[];
}

/** Begins to listen; what happened before is fetched first. The browser connects again by itself. */
export function startListening(): void {
  const source = new EventSource("/api/stream");
  source.addEventListener("open", () => {
    // It may be another agent, which counts from one again.
    change({ connection: "open", events: [], alerts: [], leftOut: 0 });
    void fetchPast();
  });
  source.addEventListener("error", () => change({ connection: "lost" }));
  source.addEventListener("status", (event: MessageEvent<string>) => {
    const status = JSON.parse(event.data) as AgentStatus;
    const { history } = live;
    // Another agent answers now: what its predecessor counted says nothing any more.
    const isNew = (live.status?.uptimeSeconds ?? 0) > status.uptimeSeconds;
    change({ status, history: [...(isNew ? [] : history.slice(1 - HISTORY)), status] });
  });
  source.addEventListener("batch", (event: MessageEvent<string>) => {
    const batch = JSON.parse(event.data) as Batch;
    append(batch);
  });
}

function append({ leftOut, events, alerts }: Batch): void {
  change({
    leftOut: live.leftOut + leftOut,
    events: joined(live.events, events, MOST_EVENTS),
    alerts: joined(live.alerts, alerts, MOST_ALERTS),
  });
}

function joined<T extends { readonly number: number }>(
  old: readonly T[],
  more: readonly T[],
  most: number,
): readonly T[] {
  // What was fetched at the beginning may come in the stream once more.
  const last = old.at(-1)?.number ?? 0;
  const added = (more[0]?.number ?? 0) > last ? more : more.filter(({ number }) => number > last);
  if (added.length === 0) return old;
  const all = [...old, ...added];
  // Cutting a tenth at once keeps the cost of cutting away from most batches.
  return all.length <= most ? all : all.slice(all.length - Math.floor(most * 0.9));
}

async function fetchPast(): Promise<void> {
  try {
    const [events, alerts, status] = await Promise.all([
      fetchJson<readonly EventSummary[]>("/api/events?limit=2000"),
      fetchJson<readonly AlertSummary[]>("/api/alerts?limit=500"),
      fetchJson<AgentStatus>("/api/status"),
    ]);
    const first = live.events[0]?.number ?? Number.POSITIVE_INFINITY;
    const firstAlert = live.alerts[0]?.number ?? Number.POSITIVE_INFINITY;
    change({
      status: live.status ?? status,
      events: [...events.filter(({ number }) => number < first), ...live.events],
      alerts: [...alerts.filter(({ number }) => number < firstAlert), ...live.alerts],
    });
  } catch {
    // The stream tells of a lost connection.
  }
}
