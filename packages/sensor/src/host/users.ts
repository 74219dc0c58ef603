import { readFileSync, statSync } from "node:fs";

/** A line of passwd(5). */
export interface User {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** Names of users and groups, from files that are read again after they changed. */
export interface Users {
  user(uid: number): User | undefined;
  group(gid: number): string | undefined;
}

const RECHECK_MS = 5000;

/** Users and groups of the host whose root folder is given. */
export function hostUsers(root: string = ""): Users {
  const users = watched(`${root}/etc/passwd`, parseUsers);
  const groups = watched(`${root}/etc/group`, parseGroups);
  return {
    user: (uid) => users().get(uid),
    group: (gid) => groups().get(gid),
  };
}

/** Users by id, of text in the format of passwd(5); the first entry of an id counts, as for getpwuid(3). */
export function parseUsers(text: string): ReadonlyMap<number, User> {
  const users = new Map<number, User>();
  for (const line of text.split("\n")) {
    const [name = "", , id = "", , , home = "", shell = ""] = line.split(":");
    if (/^\d+$/.test(id) && !users.has(Number(id))) users.set(Number(id), { name, home, shell });
  }
  return users;
}

/** Names of groups by id, of text in the format of group(5). */
export function parseGroups(text: string): ReadonlyMap<number, string> {
  const groups = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    if (/^\d+$/.test(id) && !groups.has(Number(id))) groups.set(Number(id), name);
  }
  return groups;
}

function watched<T>(
  path: string,
  parse: (text: string) => ReadonlyMap<number, T>,
): () => ReadonlyMap<number, T> {
  let content: ReadonlyMap<number, T> = new Map();
  let changedMs = -1;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - lookedMs < RECHECK_MS) return content;
    lookedMs = now;
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changedMs) content = parse(readFileSync(path, "utf8"));
      changedMs = mtimeMs;
    } catch {
      // A host without such a file has no names.
    }
    return content;
  };
}
