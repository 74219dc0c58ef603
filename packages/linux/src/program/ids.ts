import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { explainPermission } from "../permission.ts";
import { attributeField, encodeAttribute } from "../port/attribute.ts";
import { ERRNO, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { programInfo } from "./info.ts";
import { Program } from "./program.ts";

/** What the kernel numbers. Links: Linux 5.8. */
export type KernelObject = "prog" | "map" | "link" | "btf";

const NEXT = {
  prog: COMMANDS.prog_get_next_id,
  map: COMMANDS.map_get_next_id,
  link: COMMANDS.link_get_next_id,
  btf: COMMANDS.btf_get_next_id,
} as const;
const OPEN = {
  prog: COMMANDS.prog_get_fd_by_id,
  map: COMMANDS.map_get_fd_by_id,
  link: COMMANDS.link_get_fd_by_id,
  btf: COMMANDS.btf_get_fd_by_id,
} as const;

const NAMES = { prog: "program", map: "map", link: "link", btf: "BTF object" } as const;

/** Ids of all loaded objects of a kind, ascending. Objects may come and go meanwhile. Throws `permission` without CAP_SYS_ADMIN. */
export function* kernelIds(kernel: Kernel, kind: KernelObject): Generator<number, void, undefined> {
  let id = 0;
  for (;;) {
    const attribute = encodeAttribute(kernel, "get_id", { start_id: id });
    const result = kernel.bpf(NEXT[kind], attribute);
    if (result === -ERRNO.ENOENT) return;
    if (result < 0)
      throw administrationError(kernel, `Cannot list the ${NAMES[kind]}s after id ${id}`, result);
    id = attributeField("get_id", attribute, "next_id");
    yield id;
  }
}

/** Opens an object by id; `undefined` when it is gone. `flags` are open flags of maps. Throws `permission` without CAP_SYS_ADMIN. */
export function openById(
  kernel: Kernel,
  kind: KernelObject,
  id: number,
  flags = 0,
): Fd | undefined {
  const attribute = encodeAttribute(kernel, "get_id", { prog_id: id, open_flags: flags });
  const result = kernel.bpf(OPEN[kind], attribute);
  if (result === -ERRNO.ENOENT) return undefined;
  if (result < 0) throw administrationError(kernel, `Cannot open ${NAMES[kind]} ${id}`, result);
  return new Fd(kernel, result);
}

/** The error of an action that only CAP_SYS_ADMIN may do: without it, the message says so. */
export function administrationError(kernel: Kernel, action: string, result: number): LinuxError {
  const error = systemError(action, result);
  if (result !== -ERRNO.EPERM) return error;
  const why = explainPermission(kernel, ["CAP_SYS_ADMIN"]);
  return new LinuxError(error.code, `${error.message}, ${why}`, error.errno);
}

/** Opens a program by id; `undefined` when it is gone. Its attach type and target are not known any more. */
export function openProgramById(kernel: Kernel, id: number): Program | undefined {
  const fd = openById(kernel, "prog", id);
  if (fd === undefined) return undefined;
  const { name, type } = programInfo(kernel, fd);
  return new Program(kernel, fd, { name, type });
}
