import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import {
  readBtf,
  readCollection,
  writeCollection,
  type Btf,
  type CollectionSpec,
} from "@ocelli/bpf";
import {
  attach,
  attachPerfEvent,
  loadCollection,
  mapKeys,
  openRingReader,
  run,
} from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");

function kernelBtf(): Btf {
  const read = readBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
  assert.ok(read.ok);
  return read.value;
}

/** The format that every kernel since 3.x gives this tracepoint; tracefs need not be mounted. */
const OPENAT_FORMAT = `name: sys_enter_openat
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;
\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;
\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;
\tfield:int flags;\toffset:32;\tsize:8;\tsigned:0;
\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;
`;

/** Compiles a fixture, writes it as an object file and reads it back, as any loader would get it. */
function build(name: string, kernel?: Btf): CollectionSpec {
  const path = join(FIXTURES, `${name}.bpf.ts`);
  const compiled = compile(readFileSync(path, "utf8"), {
    file: path,
    tracepointFormat: () => OPENAT_FORMAT,
    ...(kernel === undefined ? {} : { kernel }),
  });
  assert.deepEqual(compiled.diagnostics, []);
  assert.ok(compiled.ok);
  const written = writeCollection(compiled.value.collection);
  assert.deepEqual(written.diagnostics, []);
  assert.ok(written.ok);
  const read = readCollection(written.value);
  assert.deepEqual(read.diagnostics, []);
  assert.ok(read.ok);
  return read.value;
}

function tcpPacket(port: number, optionWords = 0, protocol = 6): Uint8Array {
  const packet = new Uint8Array(14 + 20 + optionWords * 4 + 20);
  const view = new DataView(packet.buffer);
  view.setUint16(12, 0x0800);
  packet[14] = 0x40 | (5 + optionWords);
  packet[14 + 9] = protocol;
  packet.set([10, 1, 2, 3], 14 + 12);
  view.setUint16(14 + 20 + optionWords * 4 + 2, port);
  return packet;
}

kernelTest(
  "compile() turns the XDP example into a program that drops and counts by sender",
  { needs: ["xdp"] },
  () => {
    using loaded = loadCollection(build("drop-port"));
    const program = loaded.program("dropPort");
    const verdict = (data: Uint8Array): number => run(program, { data }).returnValue;
    assert.deepEqual(
      [
        verdict(tcpPacket(8080)),
        verdict(tcpPacket(8080, 10)),
        verdict(tcpPacket(8081)),
        verdict(tcpPacket(8080, 0, 17)),
        verdict(tcpPacket(8080).subarray(0, 40)),
        verdict(tcpPacket(8080, -2)),
      ],
      [1, 1, 2, 2, 2, 2],
    );
    const count = loaded.map("drops").lookup(Uint8Array.of(10, 1, 2, 3));
    assert.deepEqual(count, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0));
  },
);

kernelTest(
  "compile() reads the frozen configuration that was set before loading",
  { needs: ["xdp"] },
  () => {
    using loaded = loadCollection(build("drop-port"), {
      variables: { blockedPort: Uint8Array.of(0x28, 0x23) },
    });
    const program = loaded.program("dropPort");
    assert.equal(run(program, { data: tcpPacket(9000) }).returnValue, 1);
    assert.equal(run(program, { data: tcpPacket(8080) }).returnValue, 2);
  },
);

kernelTest(
  "compile() turns the openat example into a stream of records",
  { needs: ["ringbuf", "tracepoint"] },
  () => {
    using loaded = loadCollection(build("openat"));
    using _link = attach(loaded.program("onOpen"));
    const wanted = `/tmp/ocelli-no-such-file-${process.pid}`;
    spawnSync("cat", [wanted]);
    const found: unknown[] = [];
    const decoder = new TextDecoder();
    const text = (bytes: Uint8Array): string => decoder.decode(bytes.subarray(0, bytes.indexOf(0)));
    using reader = openRingReader(loaded.map("opens"), {
      onRecord(memory, offset, length) {
        const bytes = memory.copy(offset, length);
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        if (text(bytes.subarray(32, 288)) !== wanted) return;
        const hasTime = view.getBigUint64(0, true) > 0n;
        const uid = view.getUint32(12, true);
        found.push({ length, uid, comm: text(bytes.subarray(16, 32)), hasTime });
      },
    });
    reader.consume();
    assert.deepEqual(found, [{ length: 288, uid: 0, comm: "cat", hasTime: true }]);
  },
);

kernelTest(
  "compile() turns the profile example into samples by stack",
  { needs: ["perf_event"] },
  () => {
    using loaded = loadCollection(build("profile"));
    using _link = attachPerfEvent(loaded.program("sample"), {
      event: "cpu-clock",
      every: { frequency: 99 },
      pid: process.pid,
    });
    // Samples count processor time, which a busy machine gives slowly.
    const start = process.cpuUsage().user;
    let work = 0;
    while (process.cpuUsage().user - start < 300_000) work += 1;
    assert.ok(work > 0);
    let samples = 0n;
    let own = 0;
    const keys = [...mapKeys(loaded.map("samples"))];
    for (const key of keys) {
      const value = loaded.map("samples").lookup(key) ?? new Uint8Array(8);
      samples += new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
      if (new DataView(key.buffer, key.byteOffset).getUint32(0, true) === process.pid) own += 1;
    }
    assert.equal(own, keys.length);
    assert.ok(samples >= 5n, `${samples} samples`);
  },
);

kernelTest(
  "compile() turns the tcp_connect example into a histogram",
  { needs: ["fentry"] },
  () => {
    using loaded = loadCollection(build("tcpconnect", kernelBtf()));
    assert.deepEqual([...loaded.programs.keys()], ["enter", "exit"]);
  },
);

kernelTest("compile() follows kernel pointers by relocatable loads", { needs: ["tp_btf"] }, () => {
  using loaded = loadCollection(build("switches", kernelBtf()));
  using _link = attach(loaded.program("onSwitch"));
  spawnSync("true");
  const seen = loaded.map("parents").lookup(new Uint8Array(new Uint32Array([process.pid]).buffer));
  assert.ok(
    seen !== undefined && new DataView(seen.buffer, seen.byteOffset).getBigUint64(0, true) > 0n,
  );
});
