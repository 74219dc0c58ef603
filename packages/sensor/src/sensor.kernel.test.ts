import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { kernelTest } from "@ocelli/testkit";

import { describeEvent, type EventSummary } from "./event/describe.ts";
import { Sensor } from "./sensor.ts";

const FILES = [
  "openat",
  "mkdir",
  "mkdirat",
  "rename",
  "renameat2",
  "chmod",
  "fchmodat",
  "unlink",
  "unlinkat",
  "rmdir",
  "symlink",
  "symlinkat",
  "chdir",
];

/** Runs a script in a Node of its own and gives the events of that process. */
function watch(events: readonly string[], script: string, args: readonly string[]): EventSummary[] {
  const seen: EventSummary[] = [];
  let pid = 0;
  {
    const sensor = new Sensor({
      events,
      onEvent: (event) => seen.push(describeEvent(event, sensor.users)),
    });
    using _ = sensor;
    const child = spawnSync(process.execPath, ["-e", script, ...args], { encoding: "utf8" });
    assert.equal(child.stderr, "");
    pid = child.pid;
    sensor.consume();
    assert.deepEqual(
      sensor.counts().filter(({ lost }) => lost > 0),
      [],
    );
  }
  return seen.filter((event) => event.pid === pid);
}

kernelTest("the sensor tells calls on files with their arguments, success and failure", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), `ocelli-sensor-${process.pid}-`));
  try {
    const script = `
      const fs = require("node:fs");
      const [folder] = process.argv.slice(1);
      const fails = (act) => { try { act(); } catch { return; } throw new Error("succeeded"); };
      fs.mkdirSync(folder + "/a", { mode: 0o750 });
      fails(() => fs.mkdirSync(folder + "/a"));
      fs.closeSync(fs.openSync(folder + "/a/f", "wx", 0o640));
      fails(() => fs.openSync(folder + "/a/none"));
      fails(() => fs.openSync(folder + "/a/f", "wx"));
      process.chdir(folder);
      fs.renameSync("a/f", "a/g");
      fails(() => fs.renameSync("a/f", "a/h"));
      fs.chmodSync("a/g", 0o4711);
      fs.symlinkSync("../ä", "a/link");
      fs.unlinkSync("a/g");
      fs.unlinkSync("a/link");
      fs.rmdirSync("a");
      fails(() => fs.rmdirSync("a"));`;
    const told = watch(FILES, script, [folder])
      .filter(({ args }) =>
        args.some(({ text }) => text.startsWith(folder) || text.startsWith("a")),
      )
      .map(({ type, result, about, args }) =>
        [type, result, ...args.map(({ name, printed }) => `${name}=${printed}`), about ?? "-"]
          .join(" ")
          .replaceAll(folder, "DIR"),
      );
    assert.deepEqual(told, [
      "mkdir SUCCESS path=DIR/a mode=0750 -",
      "mkdir EEXIST path=DIR/a mode=0777 -",
      "openat SUCCESS dirfd=-100(AT_FDCWD) name=DIR/a/f flags=524993(O_WRONLY|O_CREAT|O_EXCL|O_TRUNC|O_CLOEXEC) mode=0640 DIR/a/f",
      "openat ENOENT dirfd=-100(AT_FDCWD) name=DIR/a/none flags=524288(O_RDONLY|O_CLOEXEC) mode=0 DIR/a/none",
      "openat EEXIST dirfd=-100(AT_FDCWD) name=DIR/a/f flags=524993(O_WRONLY|O_CREAT|O_EXCL|O_TRUNC|O_CLOEXEC) mode=0666 DIR/a/f",
      "chdir SUCCESS path=DIR -",
      "rename SUCCESS oldpath=a/f newpath=a/g -",
      "rename ENOENT oldpath=a/f newpath=a/h -",
      "chmod SUCCESS filename=a/g mode=04711 -",
      "symlink SUCCESS target=../ä linkpath=a/link -",
      "unlink SUCCESS path=a/g -",
      "unlink SUCCESS path=a/link -",
      "rmdir SUCCESS path=a -",
      "rmdir ENOENT path=a -",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest(
  "the sensor tells connections, and programs that start, fail to start and end",
  {},
  () => {
    const script = `
    const net = require("node:net");
    const { spawnSync } = require("node:child_process");
    const server = net.createServer((socket) => socket.destroy()).listen(0, "127.0.0.1", () => {
      const client = net.connect({ port: server.address().port, host: "127.0.0.1" });
      client.on("close", () => {
        server.close();
        net.connect("/run/ocelli-none.sock").on("error", () => {
          spawnSync("/bin/none-of-that-name", ["x"]);
          process.exit(7);
        });
      });
      client.resume();
    });`;
    const told = watch(["execve", "connect", "accept4", "bind", "procexit"], script, []).map(
      ({ type, result, about, args }) =>
        [
          type,
          result ?? "-",
          ...args.flatMap(({ name, printed }) =>
            name === "fd" || name === "listener" || name === "args" ? [] : `${name}=${printed}`,
          ),
          about ?? "-",
        ]
          .join(" ")
          .replaceAll(/127\.0\.0\.1:[1-9]\d*/g, "127.0.0.1:PORT"),
    );
    assert.deepEqual(told, [
      `execve SUCCESS filename=${process.execPath} exe=${process.execPath} ${process.execPath}`,
      "bind SUCCESS addr=127.0.0.1:0 127.0.0.1:PORT",
      "connect EINPROGRESS addr=127.0.0.1:PORT 127.0.0.1:PORT->127.0.0.1:PORT",
      "accept4 SUCCESS addr=<NA> flags=526336 127.0.0.1:PORT->127.0.0.1:PORT",
      "connect ENOENT addr=/run/ocelli-none.sock /run/ocelli-none.sock",
      "procexit - -",
    ]);
  },
);

kernelTest("the sensor names files as the kernel does, whatever path was given", {}, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `ocelli-sensor-${process.pid}-`)));
  try {
    const script = `
      const fs = require("node:fs");
      const [folder] = process.argv.slice(1);
      fs.mkdirSync(folder + "/a/b", { recursive: true });
      fs.writeFileSync(folder + "/a/b/f", "");
      fs.symlinkSync("a/b", folder + "/link");
      process.chdir(folder + "/link");
      fs.closeSync(fs.openSync("f"));
      fs.closeSync(fs.openSync("../../link/./f"));
      fs.closeSync(fs.openSync("/proc/self/cwd/f"));
      fs.closeSync(fs.openSync("."));
      const far = fs.openSync("/", fs.constants.O_DIRECTORY);
      try { fs.openSync("none"); } catch {}
      fs.readlinkSync(folder + "/link");`;
    const told = watch(["openat"], script, [folder])
      .filter(({ args }) =>
        /\bf$|^\.$|^none$|^\/$/.test(args.find(({ name }) => name === "name")?.text ?? ""),
      )
      .map(({ about, result }) => `${result} ${about?.replace(folder, "DIR")}`);
    assert.deepEqual(told, [
      "SUCCESS DIR/a/b/f",
      "SUCCESS DIR/a/b/f",
      "SUCCESS DIR/a/b/f",
      "SUCCESS DIR/a/b/f",
      "SUCCESS DIR/a/b",
      "SUCCESS /",
      "ENOENT DIR/a/b/none",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest("the sensor resolves the links that a program was started through", {}, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `ocelli-sensor-${process.pid}-`)));
  try {
    const link = join(folder, "link");
    symlinkSync(process.execPath, link);
    const seen: (readonly [string, string])[] = [];
    let pid = 0;
    {
      const sensor = new Sensor({
        events: ["execve"],
        onEvent: ({ pid, process: { exe, exePath } }) => {
          if (exe === link) seen.push([exePath, String(pid)]);
        },
      });
      using _ = sensor;
      const child = spawn(link, ["-e", "setTimeout(() => {}, 2000)"], { stdio: "ignore" });
      pid = child.pid ?? 0;
      const end = Date.now() + 5000;
      while (seen.length === 0 && Date.now() < end) sensor.consume();
      child.kill();
    }
    assert.deepEqual(seen, [[realpathSync(process.execPath), String(pid)]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
