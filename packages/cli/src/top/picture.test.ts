import assert from "node:assert/strict";
import { test } from "node:test";

import { drawPicture, pictureToJson, type Picture } from "./picture.ts";

const picture: Picture = {
  release: "6.12.0",
  cpus: 4,
  seconds: 2,
  pairs: [
    { pid: 7, call: 0, comm: "sh", total: 10, recent: 4 },
    { pid: 7, call: 1, comm: "sh", total: 2000, recent: 2 },
    { pid: 8, call: 0, comm: "cat", total: 50, recent: 0 },
  ],
  calls: [
    { call: 0, total: 60, recent: 4 },
    { call: 1, total: 2000, recent: 2 },
  ],
  started: [{ timeNs: 1, pid: 9, parentPid: 7, uid: 0, comm: "sh", filename: "/bin/ls" }],
  startedTotal: 3,
  lost: 0,
  nameOfCall: (call) => (call === 0 ? "read" : "write"),
  nameOfProcess: (pid, otherwise = "?") => (pid === 7 ? "bash" : otherwise),
  nameOfUser: (uid) => (uid === 0 ? "root" : String(uid)),
};

test("drawPicture() shows rates, totals and programs, the busiest first", () => {
  assert.deepEqual(drawPicture(picture, picture.started), [
    "Ocelli on Linux 6.12.0, 4 CPUs   3 system calls/s   3 programs started   0 lost",
    "",
    "SYSTEM CALL  /S  TOTAL    PID  PROCESS  /S  TOTAL  MOSTLY",
    "read          2     60      7  bash      3  2,010  read write",
    "write         1  2,000      8  cat       0     50  read",
    "",
    "PID  PARENT    USER  STARTED",
    "  9  bash (7)  root  /bin/ls",
  ]);
});

test("pictureToJson() holds what happened in the interval", () => {
  assert.deepEqual(pictureToJson(picture), {
    seconds: 2,
    lost: 0,
    systemCalls: [
      { name: "read", recent: 4, total: 60 },
      { name: "write", recent: 2, total: 2000 },
    ],
    processes: [{ pid: 7, name: "bash", recent: 6, total: 2010, mostly: ["read", "write"] }],
    started: [
      {
        timeNs: 1,
        pid: 9,
        parentPid: 7,
        uid: 0,
        comm: "sh",
        filename: "/bin/ls",
        user: "root",
      },
    ],
  });
});
