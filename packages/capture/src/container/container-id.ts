const ID_LENGTH = 64;
const SHORT_LENGTH = 12;
const NOT_HEX = /[^0-9a-fA-F]/g;

type Layout = readonly [prefix: string, suffix: string];

const PODMAN: readonly Layout[] = [
  ["/libpod-", ".scope"],
  ["/libpod-", ".scope/container"],
  ["/libpod-", ""],
  ["/libpod-payload-", ".scope"],
  ["/libpod-payload-", ".scope/container"],
  ["/libpod-payload-", ""],
];
const DOCKER: readonly Layout[] = [
  ["/", ""],
  ["/docker-", ".scope"],
];
const CRI: readonly Layout[] = [
  ["/", ""],
  ["/crio-", ""],
  ["/cri-containerd-", ".scope"],
  ["/crio-", ".scope"],
  [":cri-containerd:", ""],
  ["/docker-", ".scope"],
  ["/nerdctl-", ".scope"],
];
const LXC = ["/lxc/", "/lxc.payload/", "/lxc.payload."];
const CONTAINERD_NAMESPACE = /\/[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*\//;
const BPM_ID = /^[A-Za-z0-9._-]+$/;

/** What a cgroup's path says of the container in it. */
export interface CgroupMatch {
  /** Short id. */
  readonly id: string;
  /** Set for runtimes that tell nothing more: the container is then known by this alone. */
  readonly type?: "lxc" | "libvirt-lxc" | "bpm";
}

/**
 * The container that a cgroup belongs to, as Falco's container plugin finds it: podman, docker, CRI, containerd, lxc,
 * libvirt-lxc and bpm are tried in this order. Undefined for the host.
 */
export function containerOfCgroup(path: string): CgroupMatch | undefined {
  const runc = matchRunc(path, PODMAN) ?? matchRunc(path, DOCKER) ?? matchRunc(path, CRI);
  if (runc !== undefined) return { id: runc };
  const namespace = CONTAINERD_NAMESPACE.exec(path)?.[0];
  const containerd = namespace === undefined ? undefined : matchRunc(path, [[namespace, ""]], true);
  if (containerd !== undefined) return { id: containerd };
  const lxc = matchLxc(path);
  if (lxc !== undefined) return { id: lxc, type: "lxc" };
  const libvirt = matchLibvirt(path);
  if (libvirt !== undefined) return { id: libvirt, type: "libvirt-lxc" };
  const bpm = matchBpm(path);
  return bpm === undefined ? undefined : { id: bpm, type: "bpm" };
}

function matchRunc(path: string, layouts: readonly Layout[], anyId = false): string | undefined {
  for (const [prefix, suffix] of layouts) {
    const at = path.lastIndexOf(prefix);
    if (at === -1) continue;
    const start = at + prefix.length;
    const end = suffix === "" ? path.length : path.lastIndexOf(suffix);
    if (end < start) continue;
    const length = end - start;
    // Only the first 64 characters of the path are asked for letters that are no digits, counted from its beginning:
    // a long path lets a shorter run of digits pass.
    NOT_HEX.lastIndex = start;
    const foreign = NOT_HEX.exec(path)?.index ?? Number.POSITIVE_INFINITY;
    if (length === ID_LENGTH && foreign >= ID_LENGTH)
      return path.slice(start, start + SHORT_LENGTH);
    if (length > ID_LENGTH || length === 0) continue;
    if (anyId && !/\.(?:service|slice|scope)$/.test(path))
      return path.slice(start, start + Math.min(length, SHORT_LENGTH));
  }
  return undefined;
}

function matchLxc(path: string): string | undefined {
  for (const layout of LXC) {
    const at = path.indexOf(layout);
    if (at === -1) continue;
    const start = at + layout.length;
    const slash = path.indexOf("/", start);
    return path.slice(start, slash === -1 ? undefined : slash);
  }
  return undefined;
}

function matchLibvirt(path: string): string | undefined {
  if (path.endsWith(".libvirt-lxc")) {
    const slash = path.lastIndexOf("/");
    if (slash !== -1) return path.slice(slash + 1, -".libvirt-lxc".length);
  }
  const systemd = path.indexOf("-lxc\\x2");
  if (systemd !== -1) {
    const end = path.includes(".scope/libvirt") ? ".scope/libvirt" : ".scope";
    if (path.endsWith(end)) return path.slice(systemd + "-lxc\\x2d".length, -end.length);
  }
  const legacy = path.indexOf("/libvirt/lxc/");
  return legacy === -1 ? undefined : path.slice(legacy + "/libvirt/lxc/".length);
}

function matchBpm(path: string): string | undefined {
  const at = path.indexOf("bpm-");
  if (at === -1) return undefined;
  const start = at + "bpm-".length;
  const end = path.indexOf(".scope", start);
  const id = path.slice(start, end === -1 ? undefined : end);
  return BPM_ID.test(id) ? id : undefined;
}
