import { joinPath } from "../text/join-path.ts";
import type { ProcessEntry } from "../scap/entries.ts";
import { CLONE, ThreadInfo } from "./thread-info.ts";

/** The thread that an entry of a process list tells of. */
export function threadOfEntry(entry: ProcessEntry): ThreadInfo {
  const thread = new ThreadInfo();
  thread.tid = entry.tid;
  thread.pid = entry.pid;
  thread.ptid = entry.ptid;
  thread.sid = entry.sid;
  thread.vpgid = entry.vpgid;
  thread.pgid = entry.pgid;
  thread.vtid = entry.vtid;
  thread.vpid = entry.vpid;
  thread.comm = entry.comm;
  thread.exe = entry.exe;
  thread.setExepath(entry.exepath);
  thread.setArgs(entry.args);
  if (thread.isMain) {
    thread.env = entry.env;
    setCwd(thread, entry.cwd);
  }
  thread.flags |= entry.flags | CLONE.active;
  thread.fdLimit = entry.fdLimit;
  thread.uid = entry.uid;
  thread.gid = entry.gid;
  thread.loginUid = entry.loginUid;
  thread.vmSizeKb = entry.vmSizeKb;
  thread.vmRssKb = entry.vmRssKb;
  thread.vmSwapKb = entry.vmSwapKb;
  thread.pageFaultsMajor = entry.pageFaultsMajor;
  thread.pageFaultsMinor = entry.pageFaultsMinor;
  thread.pidNamespaceStartNs = entry.pidNamespaceStartNs;
  thread.tty = entry.tty;
  thread.exeWritable = entry.exeWritable;
  thread.exeUpperLayer = entry.exeUpperLayer;
  thread.exeLowerLayer = entry.exeLowerLayer;
  thread.exeFromMemfd = entry.exeFromMemfd;
  thread.capInheritable = entry.capInheritable;
  thread.capPermitted = entry.capPermitted;
  thread.capEffective = entry.capEffective;
  thread.exeInode = entry.exeInode;
  thread.exeInodeCtimeNs = entry.exeInodeCtimeNs;
  thread.exeInodeMtimeNs = entry.exeInodeMtimeNs;
  thread.setCgroups(entry.cgroups);
  thread.root = entry.root;
  return thread;
}

/** Moves the process of a thread to another directory, relative to the one that it is in. */
export function setCwd(thread: ThreadInfo, path: string): void {
  const main = thread.main;
  if (main === undefined) return;
  const cwd = joinPath(thread.cwd, path);
  main.cwd = cwd.endsWith("/") ? cwd : `${cwd}/`;
}
