import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { gzipSync } from "node:zlib";

import { events, smallCapture } from "./small-capture.ts";
import { ocelli } from "./support/cli.ts";

const RULE = `- rule: passwords opened
  desc: d
  condition: evt.type = openat and fd.name = /etc/passwd and evt.is_open_write = true
  output: "%proc.name wrote %fd.name in %container.id"
  priority: WARNING
  tags: [small]
`;
const FIELDS = "evt.num,evt.type,proc.name,fd.name,container.id,user.name";

suite("ocelli replay", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-replay-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const capture = write("small.scap", smallCapture());
  const rules = write("rules.yaml", RULE);

  test("shows the fields of the events that fit a filter", () => {
    assert.deepEqual(
      ocelli(["replay", capture, "--filter", "evt.type!=close", "--fields", FIELDS]),
      {
        status: 0,
        stdout:
          "1 openat bash /etc/passwd 3ad7b26ded6d root\n2 write bash /etc/passwd 3ad7b26ded6d root\n",
        stderr: "",
      },
    );
  });

  test("gives alerts as Falco's JSON lines, compressed captures too", () => {
    const packed = write("small.scap.gz", gzipSync(smallCapture()));
    const { status, stdout, stderr } = ocelli(["replay", packed, "-r", rules, "--json"]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    // The host's name and, as in Falco, its time of day are the replaying machine's.
    const { hostname: _own, output, ...alert } = JSON.parse(stdout) as Record<string, unknown>;
    assert.match(String(output), /: Warning bash wrote \/etc\/passwd in 3ad7b26ded6d$/);
    assert.deepEqual(alert, {
      output_fields: {
        "container.id": "3ad7b26ded6d",
        "evt.time": 1_700_000_000_000_000_000,
        "fd.name": "/etc/passwd",
        "proc.name": "bash",
      },
      priority: "Warning",
      rule: "passwords opened",
      source: "syscall",
      tags: ["small"],
      time: "2023-11-14T22:13:20.000000000Z",
    });
  });

  test("--stats counts events and alerts by rule", () => {
    const { status, stderr } = ocelli(["replay", capture, "-r", rules, "--stats"]);
    assert.equal(status, 0);
    assert.match(stderr, /^3 event blocks, 3 events in [\d.]+ s/);
    assert.match(stderr, /passwords opened/);
  });

  test("a capture that is cut off is read to the break, and exits with 1", () => {
    const path = write("cut.scap", smallCapture().subarray(0, -5));
    const { status, stdout, stderr } = ocelli(["replay", path, "--fields", "evt.type"]);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "openat\nwrite\n" });
    assert.match(stderr, /ends in the middle of a block/);
  });

  test("what is no capture exits with 1, a broken filter with 2", () => {
    assert.equal(ocelli(["replay", rules]).status, 1);
    assert.equal(ocelli(["replay", join(folder, "nothing")]).status, 1);
    assert.equal(ocelli(["replay", capture, "--filter", "evt.typ=open"]).status, 2);
  });

  const sysdig = spawnSync("sysdig", ["--version"]).status === 0;
  const skip = sysdig ? false : "sysdig is not installed (Debian package: sysdig)";

  test("sysdig reads our captures, and we read what it makes of them", { skip }, () => {
    const again = join(folder, "again.scap");
    const format = FIELDS.split(",")
      .slice(1)
      .map((field) => `%${field}`)
      .join(" ");
    const shown = spawnSync("sysdig", ["-r", capture, "-p", format], { encoding: "utf8" });
    const ours = ocelli(["replay", capture, "--fields", FIELDS.slice("evt.num,".length)]);
    assert.deepEqual(
      { text: shown.stdout, events: events.length },
      { text: ours.stdout, events: 3 },
    );
    spawnSync("sysdig", ["-r", capture, "-w", again]);
    const back = ocelli(["replay", again, "--fields", FIELDS.slice("evt.num,".length)]);
    assert.equal(back.stdout, ours.stdout);
  });
});
