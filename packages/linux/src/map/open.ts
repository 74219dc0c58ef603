import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { explainPermission } from "../permission.ts";
import { objectKind } from "../pin/kind.ts";
import { accessFlags, openPinned, type Access } from "../pin/pin.ts";
import { attributeField, encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { BpfMap } from "./map.ts";

/** Opens a map by its id. Needs CAP_SYS_ADMIN. Throws `not-found` when there is none, `permission` without the right. */
export function openMapById(kernel: Kernel, id: number, access: Access = "read-write"): BpfMap {
  const attribute = encodeAttribute(kernel, "get_id", {
    map_id: id,
    open_flags: accessFlags(access),
  });
  const fd = kernel.bpf(COMMANDS.map_get_fd_by_id, attribute);
  if (fd >= 0) return new BpfMap(kernel, new Fd(kernel, fd));
  const action = `Cannot open map ${id}`;
  const named = errnoName(-fd);
  if (fd === -ERRNO.ENOENT)
    throw new LinuxError("not-found", `${action} as there is none: ${named}`, -fd);
  if (fd === -ERRNO.EPERM)
    throw new LinuxError(
      "permission",
      `${action}: ${named}, ${explainPermission(kernel, ["CAP_SYS_ADMIN"])}`,
      -fd,
    );
  throw systemError(action, fd);
}

/** Opens the map that is pinned at a path. Throws `not-found`, or `invalid` when something else is pinned there. */
export function openPinnedMap(kernel: Kernel, path: string, access: Access = "read-write"): BpfMap {
  const fd = openPinned(kernel, path, access);
  const kind = objectKind(fd);
  if (kind === "map") return new BpfMap(kernel, fd);
  fd[Symbol.dispose]();
  const found = kind === "other" ? "something else" : `a ${kind}`;
  throw new LinuxError("invalid", `Cannot open the map pinned at "${path}": it is ${found}`);
}

/** Ids of all maps of the machine in ascending order. Needs CAP_SYS_ADMIN; throws `permission` without. */
export function* mapIds(kernel: Kernel): Generator<number, void> {
  for (let id = 0; ;) {
    const attribute = encodeAttribute(kernel, "get_id", { start_id: id });
    const result = kernel.bpf(COMMANDS.map_get_next_id, attribute);
    if (result === -ERRNO.ENOENT) return;
    if (result < 0) {
      const reason =
        result === -ERRNO.EPERM ? `, ${explainPermission(kernel, ["CAP_SYS_ADMIN"])}` : "";
      const error = systemError("Cannot list the maps", result);
      throw new LinuxError(error.code, `${error.message}${reason}`, -result);
    }
    id = attributeField("get_id", attribute, "next_id");
    yield id;
  }
}
