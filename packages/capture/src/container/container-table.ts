import type { ThreadInfo } from "../state/thread-info.ts";
import { containerOfCgroup, type CgroupMatch } from "./container-id.ts";
import { bareContainer, HOST, type ContainerInfo } from "./container-info.ts";

const MOST_CGROUPS = 4096;
const MOST_CONTAINERS = 65_536;

/** The containers of a host, by short id; the host itself under "". */
export class ContainerTable {
  readonly #containers = new Map<string, ContainerInfo>([["", HOST]]);
  readonly #cgroups = new Map<string, CgroupMatch | null>();

  get(id: string): ContainerInfo | undefined {
    return this.#containers.get(id);
  }

  set(info: ContainerInfo): void {
    if (this.#containers.size < MOST_CONTAINERS || this.#containers.has(info.id))
      this.#containers.set(info.id, info);
  }

  delete(id: string): void {
    this.#containers.delete(id);
  }

  *all(): Generator<ContainerInfo> {
    yield* this.#containers.values();
  }

  /** Finds the container of a thread by its cgroups: the first that fits decides. */
  attach(thread: ThreadInfo): void {
    thread.containerId = "";
    for (const [, path] of thread.cgroups) {
      if (path === "") continue;
      const match = this.#match(path);
      if (match === null) continue;
      thread.containerId = match.id;
      if (match.type !== undefined) this.set(bareContainer(match.id, match.type));
      if (match.id !== "") return;
    }
  }

  #match(path: string): CgroupMatch | null {
    const known = this.#cgroups.get(path);
    if (known !== undefined) return known;
    const match = containerOfCgroup(path) ?? null;
    if (this.#cgroups.size >= MOST_CGROUPS) this.#cgroups.clear();
    this.#cgroups.set(path, match);
    return match;
  }
}
