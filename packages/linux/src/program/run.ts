import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { attributeField, encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Program } from "./program.ts";

/** Input of a test run. What a program type does not take must be left out. */
export interface RunOptions {
  /** A packet, for programs that see one: at least 14 bytes, an Ethernet header. */
  readonly data?: Uint8Array;
  /** The context as the program type lays it out: `__sk_buff`, `xdp_md`, `u64[]` of a raw tracepoint, any struct of a syscall program. */
  readonly context?: Uint8Array;
  /** How often it runs; the time is an average. 1 by default. */
  readonly repeat?: number;
  /** BPF_F_TEST_* flags; `liveFrames` and `cpu` set theirs. */
  readonly flags?: number;
  /** The processor that a raw tracepoint program runs on. */
  readonly cpu?: number;
  /** XDP: send the frames on, as if they had come from the device of the context. Linux 5.18. */
  readonly liveFrames?: boolean;
  /** XDP live frames at a time: 64 if absent, 256 at most. */
  readonly batchSize?: number;
  /** Bytes that the packet may become longer by. 256 by default, the headroom of XDP. */
  readonly room?: number;
}

/** What a test run gave. */
export interface RunResult {
  /** The program's return value as the kernel keeps it: 32 bits, unsigned. */
  readonly returnValue: number;
  /** The packet afterwards; empty where the type has none. */
  readonly data: Uint8Array;
  /** The context afterwards; empty where the type gives none back. */
  readonly context: Uint8Array;
  /** Average duration of a run in nanoseconds; 0 where the kernel does not measure. */
  readonly nsPerRun: number;
}

// include/uapi/linux/bpf.h
const RUN_ON_CPU = 1;
const LIVE_FRAMES = 2;

/**
 * Runs a program once or more on made-up input, by BPF_PROG_TEST_RUN. Linux 4.12 for packets, 5.10 for raw tracepoints,
 * 5.14 for syscall programs. Throws `unsupported` for a type that the kernel does not run this way, `invalid` when the
 * input does not suit the type, `limit` when the packet outgrew `room`.
 */
export function run(program: Program, options: RunOptions = {}): RunResult {
  const { kernel } = program;
  const { data, context, room = 256 } = options;
  const live = options.liveFrames === true;
  // A syscall program's context is given back in place; the types that see packets have a context that comes out apart.
  const packet = data !== undefined && !live;
  const dataOut = packet ? new Uint8Array(data.length + room) : undefined;
  const inPlace = program.type === "syscall" ? context?.slice() : context;
  const contextOut = packet && context !== undefined ? new Uint8Array(context.length) : undefined;
  const attribute = encodeAttribute(kernel, "test", {
    prog_fd: program.fd.value,
    data_in: data,
    data_size_in: data?.length,
    data_out: dataOut,
    data_size_out: dataOut?.length,
    ctx_in: inPlace,
    ctx_size_in: inPlace?.length,
    ctx_out: contextOut,
    ctx_size_out: contextOut?.length,
    repeat: options.repeat,
    flags:
      (options.flags ?? 0) |
      (live ? LIVE_FRAMES : 0) |
      (options.cpu === undefined ? 0 : RUN_ON_CPU),
    cpu: options.cpu,
    batch_size: options.batchSize,
  });
  const result = kernel.bpf(COMMANDS.prog_test_run, attribute);
  if (result < 0) throw runError(program, options, result, attribute);
  const size = (field: "data_size_out" | "ctx_size_out"): number =>
    attributeField("test", attribute, field);
  return {
    returnValue: attributeField("test", attribute, "retval"),
    data: dataOut?.subarray(0, size("data_size_out")) ?? new Uint8Array(0),
    context:
      contextOut?.subarray(0, size("ctx_size_out")) ??
      (program.type === "syscall" ? inPlace : undefined) ??
      new Uint8Array(0),
    nsPerRun: attributeField("test", attribute, "duration"),
  };
}

function runError(
  { name, type }: Program,
  options: RunOptions,
  result: number,
  attribute: Uint8Array,
): LinuxError {
  const errno = -result;
  const action = `Cannot run program "${name}" of type ${type}`;
  const said = (code: LinuxError["code"], words: string): LinuxError =>
    new LinuxError(code, `${action}: ${words} (${errnoName(errno)})`, errno);
  switch (errno) {
    case ERRNO.ENOTSUPP:
    case ERRNO.EOPNOTSUPP:
      return said("unsupported", "the kernel has no test run for this type");
    case ERRNO.ENOSPC:
      return said(
        "limit",
        `the packet became ${attributeField("test", attribute, "data_size_out")} bytes long, which needs more room`,
      );
    case ERRNO.EINTR:
      return said("system", "a signal came in between");
    case ERRNO.ENXIO:
      return said("invalid", `processor ${options.cpu ?? 0} is not online`);
    case ERRNO.EINVAL:
      return said("invalid", adviceFor(type, options));
    default:
      return systemError(action, result);
  }
}

function adviceFor(type: Program["type"], { data, context }: RunOptions): string {
  const given = `given are ${data === undefined ? "no packet" : `a packet of ${data.length} bytes`} and ${context === undefined ? "no context" : `a context of ${context.length} bytes`}`;
  switch (type) {
    case "syscall":
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
      return `this type takes a context and neither packet, repetition nor batch: ${given}`;
    case "tracing":
    case "lsm":
      return `this type takes neither packet nor context: ${given}`;
    default:
      return `this type takes a packet of 14 bytes or more, and a context whose unknown fields are zero: ${given}`;
  }
}
