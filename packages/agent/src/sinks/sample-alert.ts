import type { Alert } from "@ocelli/rules";

/** An alert for tests. */
export const ALERT: Alert = {
  rule: "Read secrets",
  priority: "Warning",
  source: "syscall",
  tags: ["T1555", "host"],
  timeNs: 1795191076056312762n,
  eventNumber: 7,
  message: "file=/etc/shadow by cat",
  fields: new Map<string, string | number | null>([
    ["fd.name", "/etc/shadow"],
    ["container.id", "host"],
    ["proc.aname[2]", null],
  ]),
};
/** How it is written. */
export const FORMAT = { hostname: "peer", zone: "utc" } as const;
/** It as Falco's JSON line. */
export const LINE: string =
  '{"hostname":"peer","output":"16:11:16.056312762: Warning file=/etc/shadow by cat","output_fields":{"container.id":"host","evt.time":1795191076056312762,"fd.name":"/etc/shadow","proc.aname[2]":null},"priority":"Warning","rule":"Read secrets","source":"syscall","tags":["T1555","host"],"time":"2026-11-20T16:11:16.056312762Z"}';
/** What services show of it. */
export const FACTS = {
  rule: "Read secrets",
  priority: "Warning",
  source: "syscall",
  tags: "T1555, host",
  "container.id": "host",
  "fd.name": "/etc/shadow",
  "proc.aname[2]": "<NA>",
};
