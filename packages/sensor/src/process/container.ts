/** The container that a process runs in. */
export interface Container {
  /** First 12 digits of the id where it is of 64 hexadecimal digits, else all of it. */
  readonly id: string;
  readonly fullId: string;
  readonly runtime:
    | "docker"
    | "podman"
    | "cri-o"
    | "containerd"
    | "kubernetes"
    | "lxc"
    | "libvirt-lxc";
  /** Uid of the pod, where the path tells it. */
  readonly podUid?: string;
}

const HEX = "[0-9a-f]{64}";
// One line per layout: which runtime writes such a last part of a path. The first that fits decides.
const LAYOUTS: readonly (readonly [pattern: RegExp, runtime: Container["runtime"]])[] = [
  [new RegExp(`/libpod-(?:payload-)?(${HEX})(?:\\.scope)?(?:/container)?$`), "podman"],
  [new RegExp(`/docker-(${HEX})\\.scope$`), "docker"],
  [new RegExp(`/docker/(${HEX})$`), "docker"],
  [new RegExp(`/crio-(${HEX})(?:\\.scope)?(?:/container)?$`), "cri-o"],
  [new RegExp(`[/:]cri-containerd[-:](${HEX})(?:\\.scope)?$`), "containerd"],
  [new RegExp(`/kubepods[^:]*/(${HEX})$`), "kubernetes"],
  [new RegExp(`/(${HEX})$`), "containerd"],
  [/\/lxc(?:\.payload)?[/.]([^/]+)/, "lxc"],
  [/\/([^/]+)\.libvirt-lxc(?:$|\/)/, "libvirt-lxc"],
];
// `pod` and the uid, with underscores where systemd does not take dashes.
const POD =
  /\/(?:kubepods-(?:burstable-|besteffort-)?)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?\//;

/** The container that a control group's path names; undefined outside of containers. */
export function containerOf(path: string): Container | undefined {
  for (const [pattern, runtime] of LAYOUTS) {
    const fullId = pattern.exec(path)?.[1];
    if (fullId === undefined) continue;
    const podUid = POD.exec(path)?.[1]?.replaceAll("_", "-");
    const id = /^[0-9a-f]{64}$/.test(fullId) ? fullId.slice(0, 12) : fullId;
    return { id, fullId, runtime, ...(podUid === undefined ? {} : { podUid }) };
  }
  return undefined;
}
