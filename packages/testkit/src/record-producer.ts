import {
  encodeInstructions,
  resolveReferences,
  type Instruction,
  type Result,
  mapSpec,
} from "@ocelli/bpf";
import { createMap, loadProgram, type BpfMap, type Kernel, type Program } from "@ocelli/linux";

import { Worker } from "node:worker_threads";

import { runXdp } from "./xdp-run.ts";

/** What kind of records a producer writes. */
export interface ProducerOptions {
  /** Bytes per record, a multiple of 8. */
  readonly size: number;
  /** Of so many ring records the last one is discarded; none if absent. */
  readonly discardEvery?: number;
  /** Flags of submit: 1 = BPF_RB_NO_WAKEUP, 2 = BPF_RB_FORCE_WAKEUP. */
  readonly flags?: number;
  /** An array of one u64 that holds the next sequence number; made if absent. */
  readonly counter?: BpfMap;
}

/**
 * A program that writes one record per run: a u64 sequence number, which is in the record's last 8 bytes again. `lost`
 * counts per CPU what did not fit.
 */
export interface Producer extends Disposable {
  readonly program: Program;
  readonly counter: BpfMap;
  readonly lost: BpfMap;
  /** Runs the program so many times, in one system call, which costs about 20 ms: the kernel waits for a grace period. */
  run(times: number): void;
}

const HELPER = { lookup: 1, perfEventOutput: 25, reserve: 131, submit: 132, discard: 133 };
const R0 = 0;
const R1 = 1;
const R2 = 2;
const R3 = 3;
const R4 = 4;
const R5 = 5;
const CONTEXT = 6;
const SEQUENCE = 8;
const RECORD = 9;
const STACK = 10;

const plain = (opcode: number, dst: number, src = 0, offset = 0, imm = 0): Instruction => ({
  opcode,
  dst,
  src,
  offset,
  imm,
});
const move = (dst: number, src: number): Instruction => plain(0xbf, dst, src);
const set = (dst: number, imm: number): Instruction => plain(0xb7, dst, 0, 0, imm);
const add = (dst: number, imm: number): Instruction => plain(0x07, dst, 0, 0, imm);
const load64 = (dst: number, src: number): Instruction => plain(0x79, dst, src);
const store64 = (dst: number, offset: number, src: number): Instruction =>
  plain(0x7b, dst, src, offset);
const call = (helper: number): Instruction => plain(0x85, 0, 0, 0, helper);
const exit = plain(0x95, 0);
const mapFd = (dst: number, map: BpfMap): Instruction => ({
  ...plain(0x18, dst, 1, 0, map.fd.value),
  imm2: 0,
});
const jump = (opcode: number, dst: number, imm: number, name: string): Instruction => ({
  ...plain(opcode, dst, 0, 0, imm),
  reference: { kind: "label", name },
});
const label = (symbol: string, instruction: Instruction): Instruction => ({
  ...instruction,
  symbol,
});
const EQUAL = 0x15;
const ALWAYS = 0x05;

/** R0 = the value at key 0. */
const lookupZero = (map: BpfMap): Instruction[] => [
  plain(0x62, STACK, 0, -4, 0),
  move(R2, STACK),
  add(R2, -4),
  mapFd(R1, map),
  call(HELPER.lookup),
];

/** SEQUENCE = the next sequence number. */
const nextSequence = (counter: BpfMap): Instruction[] => [
  move(CONTEXT, R1),
  ...lookupZero(counter),
  jump(EQUAL, R0, 0, "out"),
  load64(SEQUENCE, R0),
  move(R1, SEQUENCE),
  add(R1, 1),
  store64(R0, 0, R1),
];

const countLoss = (lost: BpfMap): Instruction[] => [
  ...lookupZero(lost),
  jump(EQUAL, R0, 0, "out"),
  load64(R1, R0),
  add(R1, 1),
  store64(R0, 0, R1),
];

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.value;
}

function produce(
  kernel: Kernel,
  options: ProducerOptions,
  body: (lost: BpfMap) => readonly Instruction[],
): Producer {
  using stack = new DisposableStack();
  const array = (name: string, type: "array" | "percpu_array"): BpfMap =>
    stack.use(createMap(kernel, mapSpec({ name, type, valueSize: 8 })));
  const counter = options.counter ?? array("sequence", "array");
  const lost = array("lost", "percpu_array");
  const instructions = value(
    resolveReferences([
      { ...move(CONTEXT, R1), symbol: "producer" },
      ...nextSequence(counter),
      ...body(lost),
      label("lost", plain(0xb7, R1)),
      ...countLoss(lost),
      label("out", set(R0, 0)),
      exit,
    ]),
  );
  const program = stack.use(
    loadProgram(kernel, {
      type: "xdp",
      bytes: value(encodeInstructions(instructions)),
      name: "producer",
      license: "GPL",
    }),
  );
  const owned = stack.move();
  return {
    program,
    counter,
    lost,
    run: (times) => {
      const key = new Uint8Array(4);
      const sequence = (): number => {
        const bytes = counter.lookup(key) ?? new Uint8Array(8);
        return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      };
      // A signal ends a test run early, without a word on how far it came; the sequence tells.
      const end = sequence() + times;
      for (let left = times; left > 0; left = end - sequence())
        runXdp(kernel, program.fd.value, left);
    },
    [Symbol.dispose]: () => {
      owned[Symbol.dispose]();
    },
  };
}

/** A program that reserves and submits (or discards) one record of a ring buffer per run. */
export function ringProducer(kernel: Kernel, ring: BpfMap, options: ProducerOptions): Producer {
  const { size, discardEvery = 0, flags = 0 } = options;
  return produce(kernel, options, () => [
    mapFd(R1, ring),
    set(R2, size),
    set(R3, 0),
    call(HELPER.reserve),
    jump(EQUAL, R0, 0, "lost"),
    move(RECORD, R0),
    store64(RECORD, 0, SEQUENCE),
    move(R1, RECORD),
    add(R1, size - 8),
    store64(R1, 0, SEQUENCE),
    move(R1, RECORD),
    set(R2, flags),
    ...(discardEvery === 0
      ? []
      : [
          move(R3, SEQUENCE),
          plain(0x97, R3, 0, 0, discardEvery),
          jump(EQUAL, R3, discardEvery - 1, "discard"),
        ]),
    call(HELPER.submit),
    jump(ALWAYS, 0, 0, "out"),
    ...(discardEvery === 0
      ? []
      : [label("discard", call(HELPER.discard)), jump(ALWAYS, 0, 0, "out")]),
  ]);
}

/** A program that writes one record to the running CPU's ring of a perf event array per run. At most 256 bytes. */
export function perfProducer(kernel: Kernel, events: BpfMap, options: ProducerOptions): Producer {
  const { size } = options;
  const words = Array.from({ length: size / 8 }, (_, index) =>
    store64(STACK, -8 - size + index * 8, SEQUENCE),
  );
  return produce(kernel, options, () => [
    ...words,
    move(R1, CONTEXT),
    mapFd(R2, events),
    // BPF_F_CURRENT_CPU, 0xffffffff: a 32-bit move leaves the upper half zero.
    plain(0xb4, R3, 0, 0, -1),
    move(R4, STACK),
    add(R4, -8 - size),
    set(R5, size),
    call(HELPER.perfEventOutput),
    jump(EQUAL, R0, 0, "out"),
  ]);
}

/**
 * Runs a producer's program in a thread of its own, `rounds` system calls of `times` runs each at most, while the caller's
 * event loop goes on. Resolves when the thread has ended.
 */
export async function runInThread(
  producer: Producer,
  rounds: number,
  times: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const worker = new Worker(new URL("./producer-thread.ts", import.meta.url), {
    workerData: { fd: producer.program.fd.value, rounds, times },
  });
  worker.on("error", reject);
  worker.on("exit", () => {
    resolve();
  });
  await promise;
}
