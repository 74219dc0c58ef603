import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { linkTo, setParameter, useRoute } from "../live/route.ts";
import { fetchJson } from "../live/store.ts";
import { processTree } from "../live/tree.ts";
import type { ProcessSummary } from "../live/types.ts";
import { count } from "../parts/format.ts";

const ROW = 26;
const REFRESH_MS = 2000;

/** The tree of processes with users and containers. */
export function ProcessesView(): ReactNode {
  const { parameters } = useRoute();
  const wanted = (parameters.get("find") ?? "").toLowerCase();
  const [processes, setProcesses] = useState<readonly ProcessSummary[]>([]);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isGone = false;
    const load = (): void => {
      fetchJson<readonly ProcessSummary[]>("/api/processes").then(
        (list) => {
          if (isGone) return;
          setProcesses(list);
          setProblem("");
        },
        (error: unknown) => {
          if (!isGone) setProblem(String(error));
        },
      );
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, []);
  const rows = useMemo(() => processTree(processes, wanted), [processes, wanted]);
  const list = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  return (
    <div className="view fill">
      <header className="head">
        <h1>Processes</h1>
        <input
          type="search"
          value={parameters.get("find") ?? ""}
          onChange={(change) => setParameter("find", change.target.value)}
          placeholder="Find: name, command, user, container, pid"
          aria-label="Find"
        />
        <span className="muted" role="status">
          {problem === "" ? `${count(processes.length)} processes` : problem}
        </span>
      </header>
      <div className="log" ref={list} tabIndex={0} role="tree" aria-label="Processes">
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <div
                key={row.process.pid}
                className="row process-row"
                role="treeitem"
                style={{ transform: `translateY(${start}px)`, height: ROW }}
              >
                <span className="number muted">{row.process.pid}</span>
                <span className="muted">{row.process.user}</span>
                <span className="muted">
                  {row.process.container === ""
                    ? ""
                    : `${row.process.runtime}:${row.process.container}`}
                </span>
                <span className="about">
                  <span className="muted branch">{row.prefix}</span>
                  <a href={linkTo("events", { filter: `pid=${row.process.pid}` })}>
                    {row.process.name === "" ? "(unknown)" : row.process.name}
                  </a>{" "}
                  <span className="muted">{row.process.commandLine}</span>
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
