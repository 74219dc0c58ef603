import type { CaptureEvent } from "../event/capture-event.ts";
import { eventId } from "../events/event-table.ts";
import { cwdOf, directoryOf, UNKNOWN_DIRECTORY } from "../state/directory.ts";
import { joinPath } from "../text/join-path.ts";
import { parameterIndex } from "./call-readers.ts";
import { shownFd } from "./fd-readers.ts";
import type { Read } from "./reader.ts";

type Role = "name" | "source" | "target";

// Which parameter of a call is its path, or both paths: `fd` stands for the name of the descriptor.
const PATHS: ReadonlyMap<number, Partial<Record<Role, string>>> = new Map(
  Object.entries({
    syscall_mkdir_2_x: { name: "path" },
    syscall_mkdirat_x: { name: "path" },
    syscall_rmdir_2_x: { name: "path" },
    syscall_unlink_2_x: { name: "path" },
    syscall_unlinkat_2_x: { name: "name" },
    syscall_open_x: { name: "name" },
    syscall_openat_2_x: { name: "name" },
    syscall_openat2_x: { name: "name" },
    syscall_fchmodat_x: { name: "filename" },
    syscall_chmod_x: { name: "filename" },
    syscall_fchmod_x: { name: "fd" },
    syscall_chown_x: { name: "path" },
    syscall_lchown_x: { name: "path" },
    syscall_fchown_x: { name: "fd" },
    syscall_fchownat_x: { name: "pathname" },
    syscall_quotactl_x: { name: "special" },
    syscall_rename_x: { source: "oldpath", target: "newpath" },
    syscall_renameat_x: { source: "oldpath", target: "newpath" },
    syscall_renameat2_x: { source: "oldpath", target: "newpath" },
    syscall_link_2_x: { source: "newpath", target: "oldpath" },
    syscall_linkat_2_x: { source: "newpath", target: "oldpath" },
    syscall_symlink_x: { source: "linkpath", target: "target" },
    syscall_symlinkat_x: { source: "linkpath", target: "target" },
    syscall_mount_x: { source: "dev", target: "dir" },
    syscall_umount_1_x: { name: "name" },
    syscall_umount2_x: { name: "name" },
  }).map(([symbol, paths]) => [eventId(symbol), paths]),
);
const OPENS = new Set(["syscall_open_x", "syscall_openat_2_x", "syscall_openat2_x"].map(eventId));
const OPENAT = new Set(["syscall_openat_2_x", "syscall_openat2_x"].map(eventId));
const AT_DIRECTORY = new Set(
  [
    "syscall_fchownat_x",
    "syscall_fchmodat_x",
    "syscall_mkdirat_x",
    "syscall_unlinkat_2_x",
    "syscall_symlinkat_x",
  ].map(eventId),
);
const SYMLINKAT = eventId("syscall_symlinkat_x");
const RENAMEAT2 = eventId("syscall_renameat2_x");

function rawPath(event: CaptureEvent, role: Role): string | undefined {
  const name = PATHS.get(event.type)?.[role];
  if (name === undefined || !succeeded(event)) return undefined;
  if (name === "fd") return shownFd(event)?.name ?? "";
  const index = parameterIndex(event.type, name);
  return index < event.count ? event.text(index) : undefined;
}

// Opening succeeds with a descriptor, anything else with 0; only -1 counts as no descriptor.
function succeeded(event: CaptureEvent): boolean {
  if (!event.has(0)) return false;
  return OPENS.has(event.type) ? event.result !== -1 : event.result === 0;
}

function wholePath(event: CaptureEvent, role: Role): string | undefined {
  const path = rawPath(event, role);
  const thread = event.shownThread;
  if (path === undefined || thread === undefined) return undefined;
  if (path.startsWith("/")) return joinPath("", path);
  const { type } = event;
  if (OPENAT.has(type)) return joinPath("", event.fd?.name ?? UNKNOWN_DIRECTORY);
  if (type === SYMLINKAT && role === "target") return joinPath(UNKNOWN_DIRECTORY, path);
  if (AT_DIRECTORY.has(type)) return joinPath(directoryName(event), path);
  if (type === RENAMEAT2) {
    const number = event.i64(role === "target" ? 3 : 1);
    return joinPath(directoryOf(thread, path, number), path);
  }
  return joinPath(cwdOf(thread), path);
}

function directoryName({ fd }: CaptureEvent): string {
  if (fd === undefined || !fd.isDirectory) return UNKNOWN_DIRECTORY;
  return fd.name === "" || fd.name.endsWith("/") ? fd.name : `${fd.name}/`;
}

/** Fields of paths that calls work on. */
export const PATH_READERS: Readonly<Record<string, Read>> = {
  "fs.path.name": (event) => wholePath(event, "name"),
  "fs.path.nameraw": (event) => rawPath(event, "name"),
  "fs.path.source": (event) => wholePath(event, "source"),
  "fs.path.sourceraw": (event) => rawPath(event, "source"),
  "fs.path.target": (event) => wholePath(event, "target"),
  "fs.path.targetraw": (event) => rawPath(event, "target"),
};
