import { closeSync, openSync } from "node:fs";

import { attachTypeNumber, COMMANDS, type AttachType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import { findInterface } from "../netlink/interface.ts";
import type { TcDirection } from "../netlink/tc.ts";
import { encodeAttribute, type AttributeFields } from "../port/attribute.ts";
import { ATTRIBUTES } from "../port/attributes.gen.ts";
import type { Kernel } from "../port/kernel.ts";
import { explainedError } from "./explain.ts";

/** A hook whose programs can be listed. */
export type Hook =
  | {
      readonly kind: "cgroup";
      /** The cgroup's folder. */
      readonly path: string;
      readonly attachType: AttachType;
      /** Also those of the cgroups above, in the order in which they run. */
      readonly effective?: boolean;
    }
  | { readonly kind: "tcx"; readonly interface: string | number; readonly direction: TcDirection }
  | {
      readonly kind: "netkit";
      readonly interface: string | number;
      readonly end: "primary" | "peer";
    }
  | {
      readonly kind: "netns";
      readonly attachType: "sk_lookup" | "flow_dissector";
      /** A file that stands for it; the current one by default. */
      readonly path?: string;
    }
  | { readonly kind: "sockmap"; readonly map: BpfMap; readonly attachType: AttachType }
  | { readonly kind: "lirc"; readonly device: string };

/** A program on a hook. */
export interface HookedProgram {
  readonly programId: number;
  /** 0 when it is attached without a link, or the hook does not tell. */
  readonly linkId: number;
}

/** What is attached to a hook, in the order in which it runs. */
export interface HookState {
  readonly programs: readonly HookedProgram[];
  /** Counts changes, for `expectedRevision`; 0n where the hook or the kernel has none. */
  readonly revision: bigint;
}

const LIMIT = 64; // programs on one hook, in every hook that can be asked
const BPF_F_QUERY_EFFECTIVE = 1;
const FIELDS = ATTRIBUTES.query.fields;

/** Lists the programs on a hook. Throws in words when the hook is not there or the kernel is too old for it. */
export function queryPrograms(kernel: Kernel, hook: Hook): HookState {
  switch (hook.kind) {
    case "tcx": {
      const { index, name } = findInterface(kernel, hook.interface);
      const type: AttachType = `tcx_${hook.direction}`;
      return query(kernel, `${type} of interface "${name}"`, type, { target_ifindex: index }, true);
    }
    case "netkit": {
      const { index, name } = findInterface(kernel, hook.interface);
      const type: AttachType = `netkit_${hook.end}`;
      return query(kernel, `${type} of interface "${name}"`, type, { target_ifindex: index }, true);
    }
    case "cgroup":
      return queryFile(kernel, hook.path, hook.attachType, {
        query_flags: hook.effective === true ? BPF_F_QUERY_EFFECTIVE : 0,
      });
    case "netns":
      return queryFile(kernel, hook.path ?? "/proc/thread-self/ns/net", hook.attachType, {});
    case "lirc":
      return queryFile(kernel, hook.device, "lirc_mode2", {});
    case "sockmap": {
      const fields = { target_fd: hook.map.fd.value };
      return query(kernel, `map "${hook.map.name}"`, hook.attachType, fields, false);
    }
  }
}

function queryFile(
  kernel: Kernel,
  path: string,
  type: AttachType,
  fields: AttributeFields<"query">,
): HookState {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `Cannot list the programs of ${type} on "${path}": there is no such file`,
      0,
      { cause: error },
    );
  }
  try {
    return query(kernel, `${type} on "${path}"`, type, { ...fields, target_fd: file }, false);
  } finally {
    closeSync(file);
  }
}

function query(
  kernel: Kernel,
  target: string,
  type: AttachType,
  fields: AttributeFields<"query">,
  withLinks: boolean,
): HookState {
  const programs = new Uint8Array(LIMIT * 4);
  const links = new Uint8Array(LIMIT * 4);
  const attribute = encodeAttribute(kernel, "query", {
    ...fields,
    attach_type: attachTypeNumber(type),
    prog_ids: programs,
    prog_cnt: LIMIT,
    // Before Linux 6.6 the kernel refuses what lies beyond the fields that it knows.
    ...(withLinks ? { link_ids: links } : {}),
  });
  const result = kernel.bpf(COMMANDS.prog_query, attribute);
  if (result < 0)
    throw explainedError(kernel, `Cannot list the programs of ${target}`, result, {
      ...(withLinks ? { feature: type.startsWith("netkit") ? "netkit" : "tcx" } : {}),
      rights: ["CAP_NET_ADMIN"],
      reasons: {
        EINVAL: "the kernel does not know this hook there",
        EBADF: "this is not the kind of file that the hook belongs to",
        ENOSPC: `there are more than ${LIMIT} programs`,
      },
    });
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  const count = Math.min(view.getUint32(FIELDS.prog_cnt[0], true), LIMIT);
  const word = (bytes: Uint8Array, index: number): number =>
    new DataView(bytes.buffer).getUint32(index * 4, true);
  return {
    programs: Array.from({ length: count }, (_, index) => ({
      programId: word(programs, index),
      linkId: word(links, index),
    })),
    revision: view.getBigUint64(FIELDS.revision[0], true),
  };
}
