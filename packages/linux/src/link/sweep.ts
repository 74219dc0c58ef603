import { closeSync, openSync } from "node:fs";

import { COMMANDS } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { deleteClsact, deleteFilter, hasClsact, listFilters } from "../netlink/tc.ts";
import { getXdp, setXdp } from "../netlink/xdp.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";
import { currentNetns, leftovers, settle, type JournalRecord } from "./journal.ts";

/**
 * Takes away what killed processes of this library left attached without a link: XDP over netlink, clsact filters,
 * cgroup programs. Only in the current network namespace, and only programs with the ids that were noted down.
 * Returns how many it took away. Attaching in one of these ways calls it.
 */
export function sweepLeftovers(kernel: Kernel): number {
  let count = 0;
  const netns = currentNetns();
  for (const { path, records } of leftovers()) {
    const rest: JournalRecord[] = [];
    for (const item of records) {
      if (item.kind !== "cgroup" && item.netns !== netns) {
        rest.push(item);
        continue;
      }
      try {
        if (undo(kernel, item)) count += 1;
      } catch {
        // The interface or the cgroup is gone, and with it the attachment.
      }
    }
    settle(path, rest);
  }
  return count;
}

function undo(kernel: Kernel, item: JournalRecord): boolean {
  switch (item.kind) {
    case "xdp":
      if (!Object.values(getXdp(kernel, item.interfaceIndex)).includes(item.programId))
        return false;
      setXdp(kernel, "Cannot remove a leftover XDP program", {
        interfaceIndex: item.interfaceIndex,
        programFd: -1,
        flags: item.flags,
      });
      return true;
    case "clsact":
      return undoClsact(kernel, item);
    case "cgroup":
      return undoCgroup(kernel, item.path, item.attachType, item.programId);
  }
}

function undoClsact(kernel: Kernel, item: JournalRecord & { kind: "clsact" }): boolean {
  const { interfaceIndex, direction } = item;
  const found = listFilters(kernel, interfaceIndex, direction).some(
    ({ handle, priority, programId }) =>
      handle === item.handle && priority === item.priority && programId === item.programId,
  );
  if (found)
    deleteFilter(kernel, "Cannot remove a leftover filter", interfaceIndex, direction, item);
  if (item.ownsQdisc) dropEmptyClsact(kernel, interfaceIndex);
  return found;
}

/** Removes a clsact qdisc that holds no BPF filter any more. */
export function dropEmptyClsact(kernel: Kernel, interfaceIndex: number): void {
  if (!hasClsact(kernel, interfaceIndex)) return;
  if (listFilters(kernel, interfaceIndex, "ingress").length > 0) return;
  if (listFilters(kernel, interfaceIndex, "egress").length > 0) return;
  deleteClsact(kernel, "Cannot remove the clsact qdisc", interfaceIndex);
}

function undoCgroup(kernel: Kernel, path: string, attachType: number, id: number): boolean {
  const result = kernel.bpf(
    COMMANDS.prog_get_fd_by_id,
    encodeAttribute(kernel, "get_id", { prog_id: id }),
  );
  if (result < 0) return false;
  using program = new Fd(kernel, result);
  const folder = openSync(path, "r");
  try {
    const attribute = encodeAttribute(kernel, "prog_attach", {
      target_fd: folder,
      attach_bpf_fd: program.value,
      attach_type: attachType,
    });
    return kernel.bpf(COMMANDS.prog_detach, attribute) === 0;
  } finally {
    closeSync(folder);
  }
}
