import { LinuxError } from "../error.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import type { Link, LinkKind } from "./link.ts";
import { bindPerfEvent, openPerfEvent, perfEventError, type PerfBinding } from "./perf-event.ts";
import { probeUnit } from "./probe-unit.ts";
import { findFunctions, openTracedFile } from "./traced-file.ts";

/** Which place in which file. */
export interface UprobeOptions extends PerfBinding {
  /** An executable or library: a path, or a bare name that is looked for as the loader or the shell would. */
  readonly path: string;
  /** A function or `function+offset` in bytes; or a place in the file, in bytes from its start. */
  readonly at: string | number;
  readonly atReturn?: boolean;
  /** One process; all by default. */
  readonly pid?: number;
  /** Where in the file a 16-bit counter lies that the kernel raises while this is attached (Linux 4.20). */
  readonly counterOffset?: number;
}

const encoder = new TextEncoder();

/** Attaches to a function's entry or return, or to an instruction, in programs. Since Linux 4.17. */
export function attachUprobe(program: Program, options: UprobeOptions): Link {
  const target = `${options.atReturn === true ? "return of " : ""}"${options.path}:${options.at}"`;
  requireType(program, target, "kprobe");
  const action = attachAction(program, target);
  const { path, offset } = resolvePlace(program.kernel, action, options);
  return attachUprobeAt(program, "uprobe", target, path, offset, options);
}

function resolvePlace(
  kernel: Kernel,
  action: string,
  options: UprobeOptions,
): { path: string; offset: number } {
  using file = openTracedFile(kernel, action, options.path);
  if (typeof options.at === "number") return { path: file.path, offset: options.at };
  const [symbol = "", distance = "0"] = options.at.split("+");
  if (!Number.isSafeInteger(Number(distance)) || symbol === "")
    throw new LinuxError(
      "invalid",
      `${action}: a place is written as a function, or a function and an offset as in "main+0x10"`,
    );
  const [found] = findFunctions(action, file, [symbol]);
  return { path: file.path, offset: (found?.offset ?? 0) + Number(distance) };
}

/** Attaches to a place that is known in bytes. */
export function attachUprobeAt(
  program: Program,
  kind: LinkKind,
  target: string,
  path: string,
  offset: number,
  options: Omit<UprobeOptions, "path" | "at">,
): Link {
  const action = attachAction(program, target);
  const unit = probeUnit("uprobe");
  if (unit === undefined)
    throw new LinuxError(
      "unsupported",
      `${action}: this kernel is built without uprobes (CONFIG_UPROBE_EVENTS), or /sys is not mounted`,
    );
  const counter = options.counterOffset ?? 0;
  if (counter !== 0 && unit.counterShift < 0)
    throw new LinuxError("unsupported", `${action}: counters of uprobes need Linux 4.20`);
  const name = encoder.encode(`${path}\0`);
  const event = openPerfEvent(program.kernel, {
    type: unit.type,
    config:
      (options.atReturn === true ? 1n << BigInt(unit.returnBit) : 0n) |
      (counter === 0 ? 0n : BigInt(counter) << BigInt(unit.counterShift)),
    config1: name,
    config2: offset,
    pid: options.pid ?? -1,
    // The kernel wants a CPU or a process; a uprobe bound to "CPU 0" fires on every CPU.
    cpu: options.pid === undefined ? 0 : -1,
  });
  if (typeof event === "number")
    throw perfEventError(program, target, event, {
      feature: "uprobe",
      reasons: {
        EINVAL: `offset ${offset} of "${path}" is beyond the file, or it is not a regular file`,
        ENOENT: `there is no file "${path}"`,
        EIO: `"${path}" lies on a file system that cannot be probed`,
        ENOTSUPP: `the instruction at offset ${offset} cannot be probed`,
        EOPNOTSUPP: `the instruction at offset ${offset} cannot be probed`,
      },
    });
  return bindPerfEvent(program, kind, target, event, options, { feature: "uprobe" });
}
