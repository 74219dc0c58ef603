import { closeSync, constants, openSync, readFileSync } from "node:fs";

import { attachTypeNumber, COMMANDS, type AttachType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Program } from "../program/program.ts";
import { anchorFields, ORDER_REASONS, type OrderOptions } from "./anchor.ts";
import { duplicateFd } from "./duplicate.ts";
import {
  attachAction,
  explainedError,
  missingFeature,
  requireType,
  type Explanation,
} from "./explain.ts";
import { record } from "./journal.ts";
import { KernelLink, tryCreateLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";
import { programId } from "./program-id.ts";
import { sweepLeftovers } from "./sweep.ts";

// include/uapi/linux/bpf.h
const SHARING = { exclusive: 0, override: 1, multi: 2 } as const;
const BPF_F_REPLACE = 4;

/** Which cgroup. */
export interface CgroupOptions extends OrderOptions {
  /** The folder of a cgroup v2. Programs also run for the cgroups below it. */
  readonly cgroup: string;
  /** The hook, for programs that did not name it when they were loaded. */
  readonly attachType?: AttachType;
  /** `attach` does without a link of the kernel, as before Linux 5.7; chosen by itself where links are missing. */
  readonly via?: "link" | "attach";
  /** Only without a link: whether cgroups below may have programs, too (`multi`) or instead (`override`). */
  readonly sharing?: keyof typeof SHARING;
}

/**
 * Attaches to a cgroup: packets, sockets, addresses, devices, sysctl, socket options, and LSM hooks of a cgroup (Linux
 * 6.0). With a link (Linux 5.7) it ends with the process in every case; without one it is taken off when the process
 * exits, and after SIGKILL the next attachment of this kind clears it.
 */
export function attachCgroup(program: Program, options: CgroupOptions): Link {
  const { kernel } = program;
  const attachType = options.attachType ?? program.attachType ?? defaultType(program);
  const target = `cgroup "${options.cgroup}" as ${attachType ?? program.type}`;
  requireType(
    program,
    target,
    "cgroup_skb",
    "cgroup_sock",
    "cgroup_sock_addr",
    "cgroup_device",
    "cgroup_sysctl",
    "cgroup_sockopt",
    "sock_ops",
    "lsm",
  );
  if (attachType === undefined)
    throw new LinuxError(
      "invalid",
      `${attachAction(program, target)}: say which hook with "attachType"`,
    );
  const folder = openFolder(program, target, options.cgroup);
  try {
    if (options.via === "attach")
      return attachPlainly(program, target, attachType, options, folder);
    const { flags, relative } = anchorFields(options.anchor);
    const result = tryCreateLink(program, {
      target_fd: folder,
      attach_type: attachTypeNumber(attachType),
      flags,
      "cgroup.relative_fd": relative,
      "cgroup.expected_revision": options.expectedRevision,
    });
    if (result >= 0) return new KernelLink(kernel, "cgroup", target, new Fd(kernel, result));
    if (options.via === undefined && missingFeature(kernel, "cgroup_link") !== undefined)
      return attachPlainly(program, target, attachType, options, folder);
    throw failure(program, target, result, options);
  } finally {
    closeSync(folder);
  }
}

function defaultType(program: Program): AttachType | undefined {
  const types: Partial<Record<Program["type"], AttachType>> = {
    sock_ops: "cgroup_sock_ops",
    cgroup_device: "cgroup_device",
    cgroup_sysctl: "cgroup_sysctl",
    cgroup_sock: "cgroup_inet_sock_create",
  };
  return types[program.type];
}

function openFolder(program: Program, target: string, path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `${attachAction(program, target)}: there is no such folder${mountHint()}`,
      0,
      { cause: error },
    );
  }
}

function mountHint(): string {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[2] === "cgroup2")?.[1];
  return mount === undefined
    ? "; cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup"
    : `; cgroup v2 is mounted at "${mount}"`;
}

function failure(
  program: Program,
  target: string,
  result: number,
  options: CgroupOptions,
): LinuxError {
  const explanation: Explanation = {
    feature: program.type === "lsm" ? "lsm_cgroup" : "cgroup_link",
    rights: ["CAP_NET_ADMIN"],
    reasons: {
      ...ORDER_REASONS,
      EBADF: `it is no folder of a cgroup v2${mountHint()}`,
      E2BIG: "64 programs are attached there already, which is the kernel's limit",
      ENOSPC: "64 programs are attached there already, which is the kernel's limit",
      EINVAL:
        options.anchor === undefined && options.expectedRevision === undefined
          ? "the program was loaded for another hook"
          : "anchors and revisions on cgroups need Linux 6.17",
      EPERM:
        "a cgroup above or this one has a program that excludes others, or the rights are missing",
    },
  };
  return explainedError(program.kernel, attachAction(program, target), result, explanation);
}

function attachPlainly(
  program: Program,
  target: string,
  attachType: AttachType,
  options: CgroupOptions,
  folder: number,
): Link {
  const { kernel } = program;
  sweepLeftovers(kernel);
  const flags = SHARING[options.sharing ?? "multi"];
  const type = attachTypeNumber(attachType);
  const call = (command: number, targetFd: number, fd: number, extra = 0, replace = 0): number =>
    kernel.bpf(
      command,
      encodeAttribute(kernel, "prog_attach", {
        target_fd: targetFd,
        attach_bpf_fd: fd,
        attach_type: type,
        attach_flags: command === COMMANDS.prog_attach ? flags | extra : 0,
        replace_bpf_fd: replace,
      }),
    );
  const result = call(COMMANDS.prog_attach, folder, program.fd.value);
  if (result < 0) throw failure(program, target, result, options);
  let attached = duplicateFd(kernel, program.fd.value);
  const cgroup = duplicateFd(kernel, folder);
  const note = (): Disposable =>
    record({
      kind: "cgroup",
      path: options.cgroup,
      attachType: type,
      programId: programId(kernel, attached.value),
    });
  let entry = note();
  return plainLink({
    kind: "cgroup",
    target,
    outlives: true,
    whyNoPin: "it was attached without a link of the kernel",
    swap(next, expected) {
      const extra = flags === SHARING.multi ? BPF_F_REPLACE : 0;
      const replace = extra === 0 ? 0 : (expected?.fd.value ?? attached.value);
      const swapped = call(COMMANDS.prog_attach, cgroup.value, next.fd.value, extra, replace);
      if (swapped < 0) throw failure(next, target, swapped, options);
      attached[Symbol.dispose]();
      attached = duplicateFd(kernel, next.fd.value);
      entry[Symbol.dispose]();
      entry = note();
    },
    release() {
      // A failure means that somebody detached the program or removed the cgroup: nothing of ours is left.
      call(COMMANDS.prog_detach, cgroup.value, attached.value);
      entry[Symbol.dispose]();
      attached[Symbol.dispose]();
      cgroup[Symbol.dispose]();
    },
  });
}
