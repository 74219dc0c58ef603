import { ATTACH_TYPES } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { systemError } from "../port/errno.ts";
import { PERF_ATTRIBUTES } from "../port/attributes.gen.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { attachAction, explainedError, missingFeature, type Explanation } from "./explain.ts";
import { KernelLink, tryCreateLink } from "./kernel-link.ts";
import type { Link, LinkKind } from "./link.ts";
import { plainLink } from "./plain-link.ts";

/** PERF_TYPE_* of include/uapi/linux/perf_event.h. */
export const PERF_TYPES = { hardware: 0, software: 1, tracepoint: 2 } as const;

const ATTRIBUTE = PERF_ATTRIBUTES.perf_event_attr;
const FLAG_BITS_OFFSET = 40; // the bit fields of struct perf_event_attr: bit 10 is `freq`
const FREQ_BIT = 1n << 10n;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_FLAG_PID_CGROUP = 4;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_DISABLE = 0x2401;
const PERF_EVENT_IOC_SET_BPF = 0x40042408;

/** What perf_event_open(2) is asked for. */
export interface PerfEventSpec {
  readonly type: number;
  readonly config: number | bigint;
  /** An address or a number, as the type wants it. */
  readonly config1?: number | bigint | Uint8Array;
  readonly config2?: number | bigint;
  /** One sample each so many events, or, with `frequency`, so many samples a second. */
  readonly period?: number;
  readonly frequency?: number;
  /** -1 for every process. */
  readonly pid: number;
  /** -1 for every CPU, which needs a process. */
  readonly cpu: number;
  /** A cgroup's folder, in place of a process. */
  readonly cgroupFd?: number;
}

/** Opens a perf event that is not counting yet, or gives the negated errno. */
export function openPerfEvent(kernel: Kernel, spec: PerfEventSpec): Fd | number {
  const bytes = new Uint8Array(ATTRIBUTE.size);
  const view = new DataView(bytes.buffer);
  const { fields } = ATTRIBUTE;
  const u64 = (offset: number, value: number | bigint | Uint8Array): void => {
    const number = value instanceof Uint8Array ? kernel.address(value) : BigInt(value);
    view.setBigUint64(offset, BigInt.asUintN(64, number), true);
  };
  view.setUint32(fields.type[0], spec.type, true);
  view.setUint32(fields.size[0], ATTRIBUTE.size, true);
  u64(fields.config[0], spec.config);
  u64(fields.sample_period[0], spec.frequency ?? spec.period ?? 1);
  view.setUint32(fields.wakeup_events[0], 1, true);
  u64(fields.config1[0], spec.config1 ?? 0);
  u64(fields.config2[0], spec.config2 ?? 0);
  if (spec.frequency !== undefined) u64(FLAG_BITS_OFFSET, FREQ_BIT);
  const result = kernel.syscall(
    "perf_event_open",
    bytes,
    spec.cgroupFd ?? spec.pid,
    spec.cpu,
    -1,
    PERF_FLAG_FD_CLOEXEC | (spec.cgroupFd === undefined ? 0 : PERF_FLAG_PID_CGROUP),
  );
  return result < 0 ? result : new Fd(kernel, result);
}

/** How a program is bound to a perf event. */
export interface PerfBinding {
  /** A number that the program reads with `bpf_get_attach_cookie()`; Linux 5.15. */
  readonly cookie?: bigint;
  /** `ioctl` does without a link of the kernel, as before Linux 5.15; by itself that is chosen where links are missing. */
  readonly via?: "link" | "ioctl";
}

/**
 * Binds a program to a perf event, by a link where the kernel has them and else by ioctl, and starts it. Owns `event`
 * from now on. Either way the attachment ends with the process.
 */
export function bindPerfEvent(
  program: Program,
  kind: LinkKind,
  target: string,
  event: Fd,
  binding: PerfBinding,
  explanation: Explanation = {},
): Link {
  try {
    if (binding.via !== "ioctl") {
      const link = bindByLink(program, kind, target, event, binding, explanation);
      if (link !== undefined) return link;
    }
    return bindByIoctl(program, kind, target, event, binding, explanation);
  } catch (error) {
    event[Symbol.dispose]();
    throw error;
  }
}

function bindByLink(
  program: Program,
  kind: LinkKind,
  target: string,
  event: Fd,
  binding: PerfBinding,
  explanation: Explanation,
): Link | undefined {
  const { kernel } = program;
  const result = tryCreateLink(program, {
    target_fd: event.value,
    attach_type: ATTACH_TYPES.perf_event,
    "perf_event.bpf_cookie": binding.cookie,
  });
  if (result < 0) {
    const tooOld = missingFeature(kernel, "perf_event_link");
    if (tooOld !== undefined && binding.via === undefined) return undefined;
    throw explainedError(kernel, attachAction(program, target), result, {
      feature: "perf_event_link",
      ...explanation,
    });
  }
  const link = new KernelLink(kernel, kind, target, new Fd(kernel, result));
  try {
    enable(kernel, program, target, event);
  } catch (error) {
    link[Symbol.dispose]();
    throw error;
  }
  // The link holds the event; its own descriptor is not needed any more.
  event[Symbol.dispose]();
  return link;
}

function bindByIoctl(
  program: Program,
  kind: LinkKind,
  target: string,
  event: Fd,
  binding: PerfBinding,
  explanation: Explanation,
): Link {
  const { kernel } = program;
  if (binding.cookie !== undefined && binding.cookie !== 0n) {
    const missing = missingFeature(kernel, "cookie") ?? "cookies need a link, not an ioctl";
    throw new LinuxError(
      "unsupported",
      `${attachAction(program, target)} with a cookie: ${missing}`,
    );
  }
  const { value } = event;
  const result = kernel.syscall("ioctl", value, PERF_EVENT_IOC_SET_BPF, program.fd.value);
  if (result < 0) throw explainedError(kernel, attachAction(program, target), result, explanation);
  enable(kernel, program, target, event);
  return plainLink({
    kind,
    target,
    outlives: false,
    whyNoPin: "it was attached without a link of the kernel, which needs Linux 5.15",
    release() {
      kernel.syscall("ioctl", event.value, PERF_EVENT_IOC_DISABLE, 0);
      event[Symbol.dispose]();
    },
  });
}

function enable(kernel: Kernel, program: Program, target: string, event: Fd): void {
  const result = kernel.syscall("ioctl", event.value, PERF_EVENT_IOC_ENABLE, 0);
  if (result < 0)
    throw systemError(`${attachAction(program, target)}: its event does not start`, result);
}

/** The words for perf_event_open(2) failing; `reasons` says what the kind of event makes of an errno. */
export function perfEventError(
  program: Program,
  target: string,
  result: number,
  explanation: Explanation = {},
): LinuxError {
  const { reasons, ...rest } = explanation;
  return explainedError(program.kernel, attachAction(program, target), result, {
    ...rest,
    reasons: {
      EMFILE: "this process has too many open files; raise `ulimit -n`",
      ESRCH: "there is no process with this id",
      ...reasons,
    },
  });
}
