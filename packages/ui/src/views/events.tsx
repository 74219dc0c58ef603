import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";

import { readFilter } from "../live/filter.ts";
import { setParameter, useRoute } from "../live/route.ts";
import { useLive } from "../live/store.ts";
import type { EventSummary } from "../live/types.ts";
import { count, timeOfDay } from "../parts/format.ts";

const ROW = 26;

/** The live log: newest at the bottom, virtualised, with a filter, a pause, and the details of one event. */
export function EventsView(): ReactNode {
  const { events, leftOut } = useLive();
  const { parameters } = useRoute();
  const filterText = parameters.get("filter") ?? "";
  const [frozen, setFrozen] = useState<readonly EventSummary[]>();
  const [selected, setSelected] = useState<EventSummary>();
  const deferred = useDeferredValue(filterText);
  const shownOf = frozen ?? events;
  const filter = useMemo(() => readFilter(deferred), [deferred]);
  const shown = useMemo(
    () => (deferred.trim() === "" ? shownOf : shownOf.filter(filter)),
    [shownOf, filter, deferred],
  );
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  useEffect(() => {
    if (follows.current && frozen === undefined && shown.length > 0)
      rows.scrollToIndex(shown.length - 1, { align: "end" });
  }, [rows, shown, frozen]);
  const pause = (): void => setFrozen(frozen === undefined ? events : undefined);
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") setSelected(undefined);
    if (step === 0) return;
    event.preventDefault();
    if (frozen === undefined) setFrozen(events);
    const at = shown.findIndex(({ number }) => number === selected?.number);
    const next = at < 0 ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + step));
    setSelected(shown[next]);
    rows.scrollToIndex(next);
  };
  return (
    <div className="view fill">
      <header className="head">
        <h1>Events</h1>
        <input
          type="search"
          value={filterText}
          onChange={(change) => setParameter("filter", change.target.value)}
          placeholder="Filter: words, type=openat, pid=1, user=root, failed, -not"
          aria-label="Filter"
        />
        <button type="button" onClick={pause} aria-pressed={frozen !== undefined}>
          {frozen === undefined ? "Pause" : "Go on"}
        </button>
        <span className="muted" role="status">
          {count(shown.length)} of {count(shownOf.length)}
          {leftOut > 0 ? `, ${count(leftOut)} not sent` : ""}
          {frozen === undefined
            ? ""
            : `, paused (${count(Math.max(0, (events.at(-1)?.number ?? 0) - (frozen.at(-1)?.number ?? 0)))} more)`}
        </span>
      </header>
      <div className="split">
        <div
          className="log"
          ref={list}
          tabIndex={0}
          role="listbox"
          aria-label="Events"
          onKeyDown={move}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            follows.current = scrollHeight - scrollTop - clientHeight < ROW * 2;
          }}
        >
          <div style={{ height: rows.getTotalSize(), position: "relative" }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const event = shown[index];
              return event === undefined ? null : (
                <EventRow
                  key={event.number}
                  event={event}
                  top={start}
                  isSelected={event.number === selected?.number}
                  onSelect={setSelected}
                />
              );
            })}
          </div>
        </div>
        {selected === undefined ? null : (
          <EventDetails event={selected} onClose={() => setSelected(undefined)} />
        )}
      </div>
    </div>
  );
}

function EventRow({
  event,
  top,
  isSelected,
  onSelect,
}: {
  readonly event: EventSummary;
  readonly top: number;
  readonly isSelected: boolean;
  readonly onSelect: (event: EventSummary) => void;
}): ReactNode {
  const failed = (event.value ?? 0) < 0;
  return (
    <div
      className={isSelected ? "row selected" : "row"}
      style={{ transform: `translateY(${top}px)`, height: ROW }}
      role="option"
      aria-selected={isSelected}
      onClick={() => onSelect(event)}
    >
      <span className="muted">{timeOfDay(event.timeNs)}</span>
      <span className="number muted">{event.pid}</span>
      <span className="process">{event.name}</span>
      <span className="type">{event.type}</span>
      <span className={failed ? "result bad" : "result"}>{failed ? event.result : ""}</span>
      <span className="about">
        {event.about ?? event.args.map(({ name, text }) => `${name}=${text}`).join(" ")}
      </span>
    </div>
  );
}

function EventDetails({
  event,
  onClose,
}: {
  readonly event: EventSummary;
  readonly onClose: () => void;
}): ReactNode {
  const rows: readonly (readonly [string, string])[] = [
    ["event", `${event.type}, number ${event.number}`],
    ["time", timeOfDay(event.timeNs)],
    [
      "process",
      `${event.name} (${event.pid})${event.tid === event.pid ? "" : `, thread ${event.tid}`}`,
    ],
    ["command line", event.commandLine],
    ["executable", event.exePath],
    ["parent", String(event.parentPid)],
    ["user", event.user],
    ["container", event.container],
    ["processor", String(event.cpu)],
    ...(event.result === undefined
      ? []
      : ([["result", `${event.value} ${event.result}`]] as const)),
    ...(event.about === undefined ? [] : ([["about", event.about]] as const)),
  ];
  return (
    <aside className="details" aria-label="Details">
      <button type="button" className="plain" onClick={onClose}>
        Close
      </button>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>Arguments</h2>
      <dl>
        {event.args.map(({ name, printed }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{printed}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
