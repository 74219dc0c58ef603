import { readFileSync } from "node:fs";

/** Answers from `/proc` and `/etc/passwd`, remembered; what has gone by the time of asking has no name. */
export interface HostNames {
  readonly process: (pid: number, otherwise?: string) => string;
  readonly user: (uid: number) => string;
  /** Learns a process's name from the kernel, which knows it before `/proc` is asked. */
  readonly learn: (pid: number, name: string) => void;
  readonly forget: (pid: number) => void;
  readonly isAlive: (pid: number) => boolean;
}

/** Names of processes and users on this host. */
export function hostNames(): HostNames {
  const processes = new Map<number, string>();
  let users: Map<number, string> | undefined;
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // Ended meanwhile, or a host without such a file: there is no name then.
      return undefined;
    }
  };
  return {
    process(pid, otherwise = "?") {
      if (pid === 0) return "idle";
      const known = processes.get(pid);
      if (known !== undefined) return known;
      const name = read(`/proc/${pid}/comm`)?.trim();
      if (name === undefined) return otherwise;
      processes.set(pid, name);
      return name;
    },
    user(uid) {
      users ??= readUsers(read("/etc/passwd") ?? "");
      return users.get(uid) ?? String(uid);
    },
    learn(pid, name) {
      processes.set(pid, name);
    },
    forget(pid) {
      processes.delete(pid);
    },
    isAlive(pid) {
      return pid === 0 || read(`/proc/${pid}/comm`) !== undefined;
    },
  };
}

/** Names by user id, of text in the format of passwd(5); lines that have no id are left out. */
export function readUsers(text: string): Map<number, string> {
  const users = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    // The first entry of an id is the one that counts, as for getpwuid(3).
    if (/^\d+$/.test(id) && !users.has(Number(id))) users.set(Number(id), name);
  }
  return users;
}
