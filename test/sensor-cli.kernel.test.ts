// Matrix: the newest kernel: what the command line prints.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { kernelTest } from "@ocelli/testkit";

import { ocelli, ocelliArguments } from "./support/cli.ts";

kernelTest(
  "ocelli events prints the fields that were asked for of the kinds that were asked for",
  {},
  () => {
    const kinds = ["--kind", "execve", "--for", "0.1", "--fields", "evt.type,evt.nothing"];
    assert.deepEqual(ocelli(["events", ...kinds]), {
      status: 2,
      stdout: "",
      stderr:
        'Cannot print the field "evt.nothing": there is no such field; see ocelli rules fields\n',
    });
    assert.deepEqual(ocelli(["events", "--kind", "nothing"]), {
      status: 2,
      stdout: "",
      stderr:
        'Cannot watch "nothing": there is no such event; events are system calls and procexit\n',
    });
  },
);

kernelTest("ocelli events prints what a program does, and ends on SIGINT", {}, async () => {
  const fields = "evt.type,evt.arg.name,evt.res,proc.name,container.id";
  const child = spawn(
    process.execPath,
    ocelliArguments(["events", "--kind", "openat", "--failed", "--json", "--fields", fields]),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const path = `/ocelli-none-${process.pid}`;
  const script = `const fs = require("node:fs"); setInterval(() => fs.existsSync("/"), 1000); setInterval(() => { try { fs.openSync("${path}"); } catch {} }, 50);`;
  const other = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  try {
    for await (const line of createInterface(child.stdout)) {
      const found = JSON.parse(line) as Record<string, unknown>;
      if (found["evt.arg.name"] !== path) continue;
      assert.equal(typeof found["proc.name"], "string");
      delete found["proc.name"];
      assert.deepEqual(found, {
        "evt.type": "openat",
        "evt.arg.name": path,
        "evt.res": "ENOENT",
        "container.id": "host",
      });
      break;
    }
  } finally {
    other.kill();
    child.kill("SIGINT");
  }
  assert.deepEqual(await once(child, "close"), [0, null]);
});

kernelTest("ocelli ps shows this process below its parents", {}, () => {
  const { status, stdout, stderr } = ocelli(["ps", "--json"]);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const list = JSON.parse(stdout) as { pid: number; parentPid: number; exePath: string }[];
  const own = list.find(({ pid }) => pid === process.pid);
  assert.deepEqual([own?.parentPid, own?.exePath], [process.ppid, process.execPath]);
});
