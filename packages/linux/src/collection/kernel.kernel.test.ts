import assert from "node:assert/strict";

import { formatDiagnostic, readCollection, type CollectionSpec } from "@ocelli/bpf";
import { assertNoLeaks, CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { attachStructOps } from "../link/struct-ops.ts";
import { programInfo } from "../program/info.ts";
import { run } from "../program/run.ts";
import { loadCollection } from "./load.ts";

const tools = [CLANG_PACKAGE];

function read(name: string): CollectionSpec {
  const result = readCollection(fixture(name));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function messageOf(load: () => Disposable): string {
  try {
    using _loaded = load();
    return "loaded";
  } catch (error) {
    assert.ok(error instanceof LinuxError);
    return error.message;
  }
}

kernelTest(
  "loadCollection() calls kernel functions, and does without absent ones",
  { needs: ["kfunc_task", "syscall_program"], tools },
  () => {
    using collection = loadCollection(read("load-kernel"));
    const context = new Uint8Array(new Int32Array([process.pid, 0, 0, 0]).buffer);
    const after = run(collection.program("find"), { context }).context;
    assert.deepEqual(
      new Int32Array(after.buffer.slice(after.byteOffset, after.byteOffset + 16)),
      new Int32Array([process.pid, process.pid, -1, -1]),
    );
  },
);

kernelTest(
  "loadCollection() refuses kernel functions of another type, and absent ones",
  { needs: ["kfunc_task", "syscall_program"], tools },
  () => {
    const load = (wanted: string): string =>
      messageOf(() =>
        loadCollection(read("load-mismatch"), { programs: ({ name }) => name === wanted }),
      );
    assert.deepEqual(
      [load("mismatched"), load("absent")],
      [
        'Cannot use kernel function "bpf_task_from_pid": it is declared void * (long *, int), and the kernel has struct task_struct * (s32)',
        'Cannot load program "absent": the kernel has no function "bpf_nothing_like_this"; declare it __weak and check it with bpf_ksym_exists() to do without',
      ],
    );
  },
);

kernelTest(
  "loadCollection() finds the kernel types that programs attach to",
  { needs: ["tp_btf", "iter"], tools },
  () => {
    using collection = loadCollection(read("load-targets"));
    const ids = [...collection.programs.values()].map(
      (program) => programInfo(program.kernel, program.fd).btfId > 0,
    );
    assert.deepEqual([...collection.programs.keys(), ...ids], ["on_switch", "dump", true, true]);
  },
);

kernelTest(
  "loadCollection() says which target the kernel lacks",
  { needs: ["tp_btf"], tools },
  async () => {
    await assertNoLeaks(() => {
      const spec = read("load-targets");
      const program = spec.programs.get("on_switch");
      assert.ok(program !== undefined);
      program.attachTo = "sched_swich";
      const misspelt = messageOf(() => loadCollection(spec));
      program.attachTo = "";
      const nothing = messageOf(() => loadCollection(spec));
      assert.deepEqual(
        [misspelt, nothing],
        [
          'Cannot load program "on_switch" (tp_btf/sched_switch): the kernel has no tracepoint "sched_swich" that programs attach to; did you mean "sched_switch"?',
          'Cannot load program "on_switch" (tp_btf/sched_switch): its section names no tracepoint; write it behind a slash, or set attachTo',
        ],
      );
    });
  },
);

kernelTest(
  "loadCollection() fills the kernel's structs with programs",
  { needs: ["struct_ops"], tools },
  () => {
    using collection = loadCollection(read("load-congestion"));
    const link = attachStructOps(collection.map("still"), collection.structOps.get("still"));
    link[Symbol.dispose]();
    assert.deepEqual(
      [...collection.programs.keys()],
      ["still_ssthresh", "still_cong_avoid", "still_undo_cwnd"],
    );
  },
);

kernelTest(
  "loadCollection() lays struct_ops out as the kernel does",
  { needs: ["struct_ops"], tools },
  () => {
    const spec = read("load-congestion");
    const map = spec.maps.get("still");
    assert.ok(map?.structOps !== undefined);
    map.structOps.typeName = "tcp_congestion_opts";
    assert.equal(
      messageOf(() => loadCollection(spec)),
      'Cannot create struct_ops map "still": the kernel has no struct "tcp_congestion_opts" that programs can implement',
    );
  },
);
