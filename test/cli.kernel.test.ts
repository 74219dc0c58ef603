// Matrix: the newest kernel: what the command line prints.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { getXdp, findInterface, openKernel } from "@ocelli/linux";
import { CLANG_PACKAGE, fixturePath, kernelTest } from "@ocelli/testkit";

import { ocelli, ocelliArguments } from "./support/cli.ts";

const needs = { tools: [CLANG_PACKAGE] };

/** What a JSON line of `bpf attach` or `start` holds; the tests look at single fields. */
type Line = Readonly<Record<string, unknown>>;

kernelTest("ocelli bpf run prints what a program returns", needs, () => {
  const path = fixturePath("cli-demo");
  const short = ocelli([
    "bpf",
    "run",
    path,
    "--program",
    "drop_short",
    "--data",
    "00".repeat(20),
    "--json",
  ]);
  assert.equal(short.stderr, "");
  const { ns_per_run: time, ...rest } = JSON.parse(short.stdout) as Record<string, unknown>;
  assert.deepEqual(rest, { retval: 1, data: "00".repeat(20) });
  assert.equal(typeof time, "number");
  const long = ocelli([
    "bpf",
    "run",
    path,
    "--program",
    "drop_short",
    "--data",
    `0x${"11".repeat(60)}`,
  ]);
  assert.match(long.stdout, /^retval {6}2\ndata {8}(11){60}\nns_per_run {2}\d+\n$/);
});

kernelTest(
  "ocelli bpf run says which programs there are and what the kernel refuses",
  needs,
  () => {
    const path = fixturePath("cli-demo");
    const unknown = ocelli(["bpf", "run", path, "--program", "nothing"]);
    assert.deepEqual(unknown, {
      status: 2,
      stdout: "",
      stderr: `Cannot run "nothing": "${path}" has the programs drop_short, count_calls\n`,
    });
    // No kernel gives packets to a raw tracepoint.
    const packet = ocelli(["bpf", "run", path, "--program", "count_calls", "--data", "00"]);
    assert.equal(packet.status, 1);
    assert.match(packet.stderr, /^Cannot run program "count_calls" of type raw_tracepoint: /);
  },
);

kernelTest(
  "ocelli bpf attach reports records and maps, and detaches on Ctrl-C",
  needs,
  async () => {
    const args = ["bpf", "attach", fixturePath("cli-demo"), "--interface", "lo", "--json"];
    const child = spawn(process.execPath, ocelliArguments(args), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: Line[] = [];
    let attached = 0;
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      attached += line["kind"] === "attached" ? 1 : 0;
      if (attached < 2) continue;
      attached = -1000;
      const lo = findInterface(openKernel(), "lo");
      const programs = Object.values(getXdp(openKernel(), lo.index));
      assert.ok(programs.some((id) => id !== 0));
      child.kill("SIGINT");
    }
    const [status] = (await once(child, "close")) as [number];
    assert.equal(status, 0);
    const kinds = new Set(lines.map((line) => line["kind"]));
    assert.deepEqual([...kinds].map(String).toSorted(), ["attached", "entry", "record"]);
    const record = lines.find((line) => line["kind"] === "record");
    const { pid, count, comm } = (record?.["value"] ?? {}) as Record<string, unknown>;
    assert.deepEqual([typeof pid, count, typeof comm], ["number", 1, "string"]);
    const seen = lines.find((line) => line["map"] === ".bss");
    assert.equal(seen?.["key"], "seen");
  },
);

kernelTest("ocelli bpf attach names the option that a program needs", needs, () => {
  const { status, stderr } = ocelli(["bpf", "attach", fixturePath("cli-demo")]);
  assert.equal(status, 1);
  assert.equal(
    stderr,
    'Cannot attach "drop_short": a program of section "xdp" and type xdp needs the option "interface"\n',
  );
});

kernelTest("ocelli bpf attach shows a verifier's refusal with source line and log", needs, () => {
  const { status, stderr } = ocelli(["bpf", "attach", fixturePath("load-refused")]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^Cannot load program ".*load-refused\.bpf\.c:\d+:\d+: .*\n {2}at instruction \d+ /,
  );
});

kernelTest("ocelli bpf features answers for every program and map type", {}, () => {
  const { status, stdout } = ocelli(["bpf", "features", "--json"]);
  assert.equal(status, 0);
  const report = JSON.parse(stdout) as Record<string, Record<string, { answer: string }>>;
  assert.deepEqual(Object.keys(report), [
    "programTypes",
    "mapTypes",
    "instructions",
    "btf",
    "linkTypes",
  ]);
  assert.equal(report["programTypes"]?.["xdp"]?.answer, "yes");
  assert.equal(report["mapTypes"]?.["hash"]?.answer, "yes");
});

kernelTest("ocelli btf dump prints a kernel type in three ways", {}, () => {
  const c = ocelli(["btf", "dump", "--type", "list_head"]);
  assert.match(
    c.stdout,
    /\nstruct list_head \{\n\tstruct list_head \*next;\n\tstruct list_head \*prev;\n\};\n/,
  );
  const ts = ocelli(["btf", "dump", "--type", "list_head", "--format", "ts"]);
  assert.match(ts.stdout, /^export interface list_head \{\n/);
  const json = ocelli(["btf", "dump", "--type", "struct list_head", "--format", "json"]);
  const { types } = JSON.parse(json.stdout) as { types: { kind: string; name: string }[] };
  assert.deepEqual(
    types.map(({ kind, name }) => ({ kind, name })),
    [{ kind: "STRUCT", name: "list_head" }],
  );
  assert.deepEqual(ocelli(["btf", "dump", "--type", "lisst_head"]), {
    status: 1,
    stdout: "",
    stderr:
      'Cannot find type "lisst_head" in "/sys/kernel/btf/vmlinux"; did you mean "list_head"?\n',
  });
});

kernelTest("ocelli top shows processes and system calls, and leaves nothing behind", {}, () => {
  const { status, stdout, stderr } = ocelli(["top", "--interval", "0.5", "--for", "1", "--json"]);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const lines = stdout.trim().split("\n");
  assert.ok(lines.length >= 1 && lines.length <= 3);
  const last = JSON.parse(lines.at(-1) ?? "") as { systemCalls: { name: string; total: number }[] };
  assert.ok(last.systemCalls.some(({ name, total }) => /^[a-z]/.test(name) && total > 0));
});

kernelTest("ocelli top says in one sentence what it needs without root", {}, async () => {
  const child = spawn(process.execPath, ocelliArguments(["top"]), { uid: 65_534, gid: 65_534 });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [status] = (await once(child, "close")) as [number];
  assert.equal(status, 1);
  assert.equal(
    stderr,
    "ocelli top needs root on Linux 5.10 or later: run it as root, e.g. with sudo\n",
  );
});
