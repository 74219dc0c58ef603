import type { UserEntry } from "../scap/entries.ts";

/** A user as fields show it. */
export interface UserInfo {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** Users and groups, those of the host under the container id "". */
export class UserTable {
  readonly #users = new Map<string, Map<number, UserInfo>>();
  readonly #groups = new Map<string, Map<number, string>>();

  user(containerId: string, uid: number): UserInfo | undefined {
    return this.#users.get(containerId)?.get(uid);
  }

  group(containerId: string, gid: number): string | undefined {
    return this.#groups.get(containerId)?.get(gid);
  }

  setUser(containerId: string, uid: number, info: UserInfo): void {
    if (isService(info.name)) return;
    tableOf(this.#users, containerId).set(uid, info);
  }

  setGroup(containerId: string, gid: number, name: string): void {
    if (isService(name)) return;
    tableOf(this.#groups, containerId).set(gid, name);
  }

  removeUser(containerId: string, uid: number): void {
    this.#users.get(containerId)?.delete(uid);
  }

  removeGroup(containerId: string, gid: number): void {
    this.#groups.get(containerId)?.delete(gid);
  }

  /** Makes root known on the host, with the little that needs no list. */
  noteHostUser(uid: number, gid: number): void {
    if (uid === 0 && this.user("", 0) === undefined)
      this.setUser("", 0, { name: "root", home: "/root", shell: "<NA>" });
    if (gid === 0 && this.group("", 0) === undefined) this.setGroup("", 0, "root");
  }

  /** Takes the list that a capture begins with. */
  importList(entries: readonly UserEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === "user") this.setUser("", entry.uid, entry);
      else this.setGroup("", entry.gid, entry.name);
    }
  }
}

// Entries of the name service switch: `+name` and `-name` in passwd(5).
function isService(name: string): boolean {
  return name.startsWith("+") || name.startsWith("-");
}

function tableOf<Value>(
  tables: Map<string, Map<number, Value>>,
  containerId: string,
): Map<number, Value> {
  let table = tables.get(containerId);
  if (table === undefined) {
    table = new Map<number, Value>();
    tables.set(containerId, table);
  }
  return table;
}
