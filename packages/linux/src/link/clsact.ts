import { LinuxError } from "../error.ts";
import { findInterface } from "../netlink/interface.ts";
import {
  addClsact,
  addFilter,
  deleteFilter,
  hasClsact,
  listFilters,
  type TcDirection,
  type TcFilter,
} from "../netlink/tc.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import { record } from "./journal.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";
import { programId } from "./program-id.ts";
import { dropEmptyClsact, sweepLeftovers } from "./sweep.ts";

/** Where a filter goes. */
export interface ClsactOptions {
  /** Name or index, in the current network namespace. */
  readonly interface: string | number;
  readonly direction: TcDirection;
  /** 1 runs first, 65535 last; the kernel chooses one before all others by default. */
  readonly priority?: number;
}

let counter = 0;

/**
 * Attaches a traffic program as a direct-action filter of the clsact qdisc, which is made if need be. Disposing of it
 * removes the filter, and the qdisc if it was made here and holds nothing else. That happens when the process exits,
 * too; after SIGKILL the next attachment of this kind, or `sweepLeftovers()`, does it. Since Linux 4.5.
 */
export function attachClsact(program: Program, options: ClsactOptions): Link {
  const { kernel } = program;
  const { name, index: interfaceIndex } = findInterface(kernel, options.interface);
  const { direction } = options;
  const target = `${direction} of interface "${name}" by clsact`;
  requireType(program, target, "sched_cls");
  sweepLeftovers(kernel);
  const action = attachAction(program, target);
  const ownsQdisc = ensureClsact(kernel, action, interfaceIndex);
  counter += 1;
  const label = `${program.name}:${process.pid}.${counter}`;
  let filter: TcFilter;
  try {
    addFilter(kernel, action, {
      interfaceIndex,
      direction,
      programFd: program.fd.value,
      name: label,
      priority: options.priority ?? 0,
      handle: options.priority === undefined ? 1 : 0,
    });
    filter = findFilter(kernel, action, interfaceIndex, direction, label);
  } catch (error) {
    if (ownsQdisc) dropEmptyClsact(kernel, interfaceIndex);
    throw explained(error);
  }
  const { priority, handle } = filter;
  const note = (id: number): Disposable =>
    record({
      kind: "clsact",
      interfaceIndex,
      direction,
      priority,
      handle,
      ownsQdisc,
      programId: id,
    });
  let id = filter.programId;
  let entry = note(id);
  return plainLink({
    kind: "clsact",
    target,
    outlives: true,
    whyNoPin: "it is a clsact filter; tcx links, which can be pinned, need Linux 6.6",
    swap(next, expected) {
      if (expected !== undefined && programId(kernel, expected.fd.value) !== id)
        throw new LinuxError(
          "invalid",
          `${attachAction(next, target)}: the attached program is not the expected one`,
        );
      addFilter(kernel, attachAction(next, target), {
        interfaceIndex,
        direction,
        programFd: next.fd.value,
        name: label,
        priority,
        handle,
        replace: true,
      });
      entry[Symbol.dispose]();
      id = programId(kernel, next.fd.value);
      entry = note(id);
    },
    release() {
      try {
        deleteFilter(kernel, `Cannot detach from ${target}`, interfaceIndex, direction, filter);
        if (ownsQdisc) dropEmptyClsact(kernel, interfaceIndex);
      } catch (error) {
        // Somebody removed the filter, the qdisc or the interface: nothing of ours is left.
        if (!(error instanceof LinuxError)) throw error;
      } finally {
        entry[Symbol.dispose]();
      }
    },
  });
}

function ensureClsact(kernel: Kernel, action: string, interfaceIndex: number): boolean {
  if (hasClsact(kernel, interfaceIndex)) return false;
  try {
    addClsact(kernel, action, interfaceIndex);
    return true;
  } catch (error) {
    throw explained(error);
  }
}

function findFilter(
  kernel: Kernel,
  action: string,
  interfaceIndex: number,
  direction: TcDirection,
  label: string,
): TcFilter {
  const found = listFilters(kernel, interfaceIndex, direction).find(({ name }) => name === label);
  if (found !== undefined) return found;
  throw new LinuxError("not-found", `${action}: somebody removed the filter at once`);
}

function explained(error: unknown): unknown {
  // Without an errno it is not the kernel that refused.
  if (!(error instanceof LinuxError) || error.errno === 0) return error;
  const reasons: Partial<Record<LinuxError["code"], string>> = {
    "not-found":
      "the kernel lacks the clsact qdisc or BPF filters; load them with: modprobe -a sch_ingress cls_bpf",
    exists: "an ingress qdisc or a filter with this priority is in its place; remove it first",
  };
  const hint = reasons[error.code];
  return hint === undefined
    ? error
    : new LinuxError(error.code, `${error.message}: ${hint}`, error.errno, { cause: error });
}
