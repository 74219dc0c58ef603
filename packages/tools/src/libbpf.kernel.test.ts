import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { kernelTest, PEER_PACKAGES, peerPath, programFixturePath } from "@ocelli/testkit";

import { TOOLS } from "./names.ts";

/** Tools whose programs this machine's configuration may refuse to every loader; their tests say where. */
const GUESTS_ONLY: ReadonlySet<string> = new Set(["fileguard"]);

kernelTest(
  "libbpf loads the objects of all tools, relocated and verified",
  { needs: ["tp_btf", "ringbuf"], tools: [...PEER_PACKAGES] },
  () => {
    const peer = peerPath("libbpf-xlated");
    const wrong: string[] = [];
    for (const name of TOOLS) {
      if (GUESTS_ONLY.has(name)) continue;
      const path = programFixturePath(join(import.meta.dirname, `${name}.bpf.ts`));
      const { status, stdout, stderr } = spawnSync(peer, [path], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
      const programs = stdout.split("\n").filter((line) => line.startsWith("program ")).length;
      if (status !== 0 || programs === 0) wrong.push(`${name}: ${stdout.slice(0, 80)} ${stderr}`);
    }
    assert.deepEqual(wrong, []);
  },
);

kernelTest(
  "bpftool loads the objects of tools",
  { needs: ["tp_btf", "ringbuf"], tools: ["bpftool"] },
  () => {
    const names = ["execsnoop", "opensnoop", "portdrop", "tcplife"];
    const paths = names.map((name) =>
      programFixturePath(join(import.meta.dirname, `${name}.bpf.ts`)),
    );
    // A mount namespace of its own, so that nobody sees what bpftool pins, and nothing of it stays.
    const script = [
      "mount -t bpf bpf /sys/fs/bpf",
      ...paths.map((path, i) => `bpftool prog loadall ${path} /sys/fs/bpf/ocelli-${i}`),
      "ls /sys/fs/bpf/ocelli-*",
    ].join(" && ");
    const { status, stdout, stderr } = spawnSync("unshare", ["-m", "sh", "-c", script], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const listed = stdout.split("\n").filter((line) => line !== "" && !line.endsWith(":"));
    assert.deepEqual(listed, [
      "onExec",
      "enterOpen",
      "enterOpenat",
      "enterOpenat2",
      "exitOpen",
      "exitOpenat",
      "exitOpenat2",
      "onPacket",
      "onState",
    ]);
  },
);
