import type { ThreadInfo } from "./thread-info.ts";

/** The descriptor that stands for the directory of the process. */
export const AT_FDCWD = -100;

/** What a directory is called that nobody knows. */
export const UNKNOWN_DIRECTORY = "<UNKNOWN>";

/**
 * The directory that a path of a call with a directory descriptor is relative to, ending in a slash: `.` for absolute
 * paths, that of the process for AT_FDCWD.
 */
export function directoryOf(
  thread: ThreadInfo | undefined,
  path: string,
  directoryFd: number,
): string {
  if (path.startsWith("/")) return ".";
  if (thread === undefined) return UNKNOWN_DIRECTORY;
  if (directoryFd === AT_FDCWD) return cwdOf(thread);
  const fd = thread.findFd(directoryFd);
  if (fd === undefined) return UNKNOWN_DIRECTORY;
  return fd.name === "" || fd.name.endsWith("/") ? fd.name : `${fd.name}/`;
}

/** The directory that a process is in, ending in a slash. */
export function cwdOf(thread: ThreadInfo): string {
  return thread.main?.cwd ?? "./";
}
