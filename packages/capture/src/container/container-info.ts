/** A mount of a container. */
export interface ContainerMount {
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly writable: boolean;
  readonly propagation: string;
}

/** What a runtime said about a container. Texts are empty when it did not say. */
export interface ContainerInfo {
  /** Short id; `host` for what runs in no container. */
  readonly id: string;
  readonly fullId: string;
  readonly type: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly imageRepository: string;
  readonly imageTag: string;
  readonly imageDigest: string;
  readonly user: string;
  readonly ip: string;
  readonly cniJson: string;
  readonly privileged: boolean;
  readonly hostPid: boolean;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly podSandboxId: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly podSandboxLabels: ReadonlyMap<string, string>;
  readonly mounts: readonly ContainerMount[];
}

// Numbers of the types in events (`container_type` of Falco's container plugin).
const TYPES: ReadonlyMap<number, string> = new Map([
  [0, "docker"],
  [1, "lxc"],
  [2, "libvirt-lxc"],
  [3, "mesos"],
  [4, "rkt"],
  [5, "custom"],
  [6, "cri"],
  [7, "containerd"],
  [8, "cri-o"],
  [9, "bpm"],
  [10, "static"],
  [11, "podman"],
  [0xfffe, "host"],
]);

const NOTHING: ContainerInfo = {
  id: "",
  fullId: "",
  type: "",
  name: "",
  image: "",
  imageId: "",
  imageRepository: "",
  imageTag: "",
  imageDigest: "",
  user: "",
  ip: "",
  cniJson: "",
  privileged: false,
  hostPid: false,
  hostNetwork: false,
  hostIpc: false,
  podSandboxId: "",
  labels: new Map(),
  podSandboxLabels: new Map(),
  mounts: [],
};

/** What stands for the host where fields ask for a container. */
export const HOST: ContainerInfo = {
  ...NOTHING,
  id: "host",
  fullId: "host",
  name: "host",
  type: "host",
};

/** A container of which nothing but id and type is known. */
export function bareContainer(id: string, type: string): ContainerInfo {
  return { ...NOTHING, id, type };
}

/** Reads the JSON of a container event; undefined when it is none. */
export function readContainerJson(text: string): ContainerInfo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const container = member(value, "container");
  if (typeof container !== "object" || container === null) return undefined;
  const type = member(container, "type");
  return {
    id: textOf(container, "id"),
    fullId: textOf(container, "full_id"),
    type: typeof type === "number" ? (TYPES.get(type) ?? "") : "",
    name: textOf(container, "name"),
    image: textOf(container, "image"),
    imageId: textOf(container, "imageid"),
    imageRepository: textOf(container, "imagerepo"),
    imageTag: textOf(container, "imagetag"),
    imageDigest: textOf(container, "imagedigest"),
    user: textOf(container, "User"),
    ip: textOf(container, "ip"),
    cniJson: textOf(container, "cni_json"),
    privileged: member(container, "privileged") === true,
    hostPid: member(container, "host_pid") === true,
    hostNetwork: member(container, "host_network") === true,
    hostIpc: member(container, "host_ipc") === true,
    podSandboxId: textOf(container, "pod_sandbox_id"),
    labels: labelsOf(container, "labels"),
    podSandboxLabels: labelsOf(container, "pod_sandbox_labels"),
    mounts: mountsOf(container),
  };
}

/** A mount as fields print it. */
export function mountText(mount: ContainerMount): string {
  const { source, destination, mode, writable, propagation } = mount;
  return `${source}:${destination}:${mode}:${String(writable)}:${propagation}`;
}

/** Labels as fields print them, in the order of their names; the runtime's own are left out. */
export function labelsText(labels: ReadonlyMap<string, string>): string {
  return [...labels]
    .filter(([name]) => !name.startsWith("annotation.") && !name.startsWith("io.kubernetes."))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}:${value}`))
    .join(", ");
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function textOf(value: unknown, name: string): string {
  const text = member(value, name);
  return typeof text === "string" ? text : "";
}

function labelsOf(value: unknown, name: string): ReadonlyMap<string, string> {
  const labels = member(value, name);
  if (typeof labels !== "object" || labels === null) return new Map();
  return new Map(
    Object.entries(labels).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

function mountsOf(value: unknown): readonly ContainerMount[] {
  const mounts = member(value, "Mounts");
  if (!Array.isArray(mounts)) return [];
  return mounts.map((mount: unknown) => ({
    source: textOf(mount, "Source"),
    destination: textOf(mount, "Destination"),
    mode: textOf(mount, "Mode"),
    writable: member(mount, "RW") === true,
    propagation: textOf(mount, "Propagation"),
  }));
}
