import { closeSync, constants, openSync } from "node:fs";

import { ATTACH_TYPES, COMMANDS } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import type { BpfMap } from "../map/map.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";
import { systemError } from "../port/errno.ts";
import type { Program } from "../program/program.ts";
import { attachAction, explainedError, requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";
import { LinuxError } from "../error.ts";

const CGROUP_ORDERS = { self: 1, descendants: 2, "descendants-post": 3, ancestors: 4 } as const;
const READ_BYTES = 64 << 10;

/** What an iterator walks over, for the kinds that need to be told. */
export interface IteratorOptions {
  /** For `iter/bpf_map_elem` and `iter/bpf_sk_storage_map`: the map. Linux 5.9. */
  readonly map?: BpfMap;
  /** For `iter/cgroup`: from which folder, and in which order. Linux 6.1. */
  readonly cgroup?: { readonly path: string; readonly order: keyof typeof CGROUP_ORDERS };
  /** For `iter/task`, `iter/task_file`, `iter/task_vma`: one thread or one process. Linux 6.1. */
  readonly task?: { readonly tid: number } | { readonly pid: number };
}

/**
 * Attaches an iterator. It runs when it is read: `readIterator()`, or, once it is pinned, any read of that file.
 * Since Linux 5.8.
 */
export function attachIterator(program: Program, options: IteratorOptions = {}): Link {
  const target = `iterator "${program.attachTo}"`;
  requireType(program, target, "tracing");
  const folder =
    options.cgroup === undefined ? -1 : openCgroup(program, target, options.cgroup.path);
  try {
    const info = iteratorInfo(options, folder);
    return createLink(
      program,
      "iter",
      target,
      {
        attach_type: ATTACH_TYPES.trace_iter,
        ...(info === undefined ? {} : { iter_info: info, iter_info_len: info.length }),
      },
      {
        feature: "iter",
        reasons: {
          EINVAL:
            info === undefined
              ? 'the program is no iterator, or it walks over something that must be named: "map" or "cgroup"'
              : "the iterator does not take these options, or the map is of another type than it walks over",
          EACCES: "the program reads beyond the map's keys or values",
          EBADF: 'it walks over a map that must be named with "map", or the folder is no cgroup v2',
          ESRCH: "there is no such process or thread",
          ENOENT: "the kernel has no such iterator",
          E2BIG: "these options need Linux 6.1",
        },
      },
    );
  } finally {
    if (folder >= 0) closeSync(folder);
  }
}

function openCgroup(program: Program, target: string, path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `${attachAction(program, target)}: there is no cgroup folder "${path}"`,
      0,
      { cause: error },
    );
  }
}

// union bpf_iter_link_info, 16 bytes:
//   map     0 u32 descriptor
//   cgroup  0 u32 order   4 u32 descriptor   8 u64 id
//   task    0 u32 thread  4 u32 process      8 u32 pidfd
function iteratorInfo(options: IteratorOptions, folder: number): Uint8Array | undefined {
  const { map, cgroup, task } = options;
  const words = new Uint32Array(4);
  if (map !== undefined) words[0] = map.fd.value;
  else if (cgroup !== undefined) words.set([CGROUP_ORDERS[cgroup.order], folder]);
  else if (task !== undefined && "tid" in task) words[0] = task.tid;
  else if (task !== undefined) words[1] = task.pid;
  else return undefined;
  // Before Linux 6.1 the union had four bytes and the kernel wants the rest to be zero.
  return new Uint8Array(words.buffer);
}

/** Runs an attached iterator over everything once and yields what it wrote, in chunks of up to 64 KiB. */
export function* readIteratorBytes(kernel: Kernel, link: Link): Generator<Uint8Array> {
  if (link.fd === undefined)
    throw new LinuxError("invalid", `Cannot read ${link.target}: it is no iterator's link`);
  const attribute = encodeAttribute(kernel, "iter_create", { link_fd: link.fd.value });
  const result = kernel.bpf(COMMANDS.iter_create, attribute);
  if (result < 0)
    throw explainedError(kernel, `Cannot read ${link.target}`, result, {
      feature: "iter",
      reasons: { EINVAL: "it is no iterator's link" },
    });
  using fd = new Fd(kernel, result);
  for (;;) {
    const buffer = new Uint8Array(READ_BYTES);
    const length = kernel.syscall("read", fd.value, buffer, buffer.length);
    if (length < 0) throw systemError(`Cannot read ${link.target}`, length);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

/** All that an attached iterator writes, as text. */
export function readIterator(kernel: Kernel, link: Link): string {
  const decoder = new TextDecoder();
  let text = "";
  for (const chunk of readIteratorBytes(kernel, link))
    text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
