// Makes the recording that ships with Ocelli, packages/cli/recordings/demo.ocelli.gz, from tools/demo/demo.sh:
//   npm run demo        as root, with cgroup2 mounted at /sys/fs/cgroup or /sys/fs/cgroup/unified; takes 20 seconds
// Only processes of the script are kept, and they start with an empty environment: nothing else of this machine is in it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";

import { USUAL_EVENTS } from "@ocelli/agent";
import { createRecorder, parentOf, Sensor, type Process } from "@ocelli/sensor";

import { root } from "./sources.ts";

const id = "5ca1ab1e".repeat(8);
const tree = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) =>
  existsSync(join(path, "cgroup.procs")),
);
if (tree === undefined) throw new Error("Cannot record: no cgroup2 tree is mounted");
const cgroup = join(tree, "docker", id);
const folder = "/srv/ocelli-demo";
mkdirSync(cgroup, { recursive: true });
mkdirSync(folder, { recursive: true });
try {
  const kept = new Set<number>();
  const recorder = createRecorder();
  let script = 0;
  const isOfScript = (process: Process): boolean => {
    for (let one: Process | undefined = process; one !== undefined; one = parentOf(one))
      if (kept.has(one.pid)) return true;
    return process.pid === script;
  };
  const sensor = new Sensor({
    events: [...USUAL_EVENTS, "exit_group"],
    onEvent: (event) => {
      if (isOfScript(event.process)) kept.add(event.pid);
    },
    onRecord: recorder.add,
  });
  using _ = sensor;
  recorder.begin(sensor);
  const path = join(folder, "demo.sh");
  copyFileSync(join(root, "tools/demo/demo.sh"), path);
  const child = spawn("/bin/sh", ["./demo.sh"], {
    cwd: folder,
    env: { CGROUP: cgroup, PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", LANG: "C.UTF-8" },
    stdio: "inherit",
  });
  script = child.pid ?? 0;
  kept.add(script);
  await once(child, "exit");
  sensor.consume();
  const recording = recorder.finish(sensor, release().replace(/-.*$/, ""), (pid) => kept.has(pid));
  const target = join(root, "packages/cli/recordings/demo.ocelli.gz");
  writeFileSync(target, recording);
  console.log(`written  ${target} (${recording.length} bytes, ${kept.size} processes)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmdirSync(cgroup);
}
