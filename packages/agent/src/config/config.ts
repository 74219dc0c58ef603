/** What an agent is told, every value filled in. */
export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
  };
  readonly events: {
    readonly kinds: readonly string[];
    readonly keep: number;
  };
  readonly ring: {
    readonly bytes: number;
  };
  readonly rules: {
    readonly files: readonly string[];
    readonly builtIn: boolean;
    readonly keep: number;
  };
}

/** A value that a configuration may hold. */
export type ConfigValue = string | number | boolean | readonly string[];

/** One key of a configuration. */
export interface ConfigKey {
  /** With dots: `http.port`. */
  readonly path: string;
  readonly type: "text" | "integer" | "boolean" | "texts";
  readonly default: ConfigValue;
  readonly doc: string;
  /** What is wrong with a value, as the end of a sentence; undefined for a good one. */
  readonly check?: (value: ConfigValue) => string | undefined;
}

function between(least: number, most: number): (value: ConfigValue) => string | undefined {
  return (value) =>
    typeof value === "number" && value >= least && value <= most
      ? undefined
      : `it must be ${least} to ${most}`;
}

/** The events that an agent watches when nothing else is said: what starts, opens, connects, changes files, users, the kernel. */
export const USUAL_EVENTS: readonly string[] = (
  "execve execveat procexit fork vfork clone clone3 open openat openat2 creat connect accept accept4 bind listen socket " +
  "dup dup2 dup3 unlink unlinkat rmdir rename renameat renameat2 link linkat symlink symlinkat mkdir mkdirat " +
  "mknod mknodat chmod fchmod fchmodat chown fchown lchown fchownat kill tkill tgkill ptrace setuid setgid setreuid " +
  "setregid setresuid setresgid setns unshare mount umount2 pivot_root chroot init_module finit_module delete_module " +
  "bpf perf_event_open memfd_create userfaultfd io_uring_setup process_vm_readv process_vm_writev pidfd_getfd " +
  "open_by_handle_at kexec_load reboot sethostname setdomainname add_key request_key keyctl setxattr removexattr"
).split(" ");

/** Every key, in the order in which they are documented. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  {
    path: "http.host",
    type: "text",
    default: "127.0.0.1",
    doc: "Address of the page, the API and the metrics. Only addresses of this host's loopback are taken.",
    check: (value) =>
      value === "127.0.0.1" || value === "::1" || value === "localhost"
        ? undefined
        : "it must be 127.0.0.1, ::1 or localhost, as anything beyond would need TLS and a token",
  },
  {
    path: "http.port",
    type: "integer",
    default: 7373,
    doc: "Port of the same; 0 takes any that is free.",
    check: between(0, 65_535),
  },
  {
    path: "events.kinds",
    type: "texts",
    default: USUAL_EVENTS,
    doc: "Names of the events to watch: system calls, and procexit. The kernel counts all others.",
  },
  {
    path: "events.keep",
    type: "integer",
    default: 20_000,
    doc: "How many of the last events stay in memory for the page.",
    check: between(100, 1_000_000),
  },
  {
    path: "ring.bytes",
    type: "integer",
    default: 8 * 1024 * 1024,
    doc: "Size of the ring between the kernel and the agent: a power of two.",
    check: (value) =>
      typeof value === "number" &&
      value >= 65_536 &&
      value <= 2 ** 30 &&
      Number.isInteger(Math.log2(value))
        ? undefined
        : "it must be a power of two from 65536 to 1073741824",
  },
  {
    path: "rules.builtIn",
    type: "boolean",
    default: true,
    doc: "Whether the rules that come with Ocelli run.",
  },
  {
    path: "rules.files",
    type: "texts",
    default: [],
    doc: "Further rule files in Falco's language, in the order in which they are read.",
  },
  {
    path: "rules.keep",
    type: "integer",
    default: 1000,
    doc: "How many of the last alerts stay in memory for the page.",
    check: between(10, 100_000),
  },
];

/** A configuration of the values of its keys; what is missing takes its default. */
export function makeConfig(values: ReadonlyMap<string, ConfigValue>): Config {
  const get = (path: string): ConfigValue =>
    values.get(path) ?? CONFIG_KEYS.find((one) => one.path === path)?.default ?? "";
  const text = (path: string): string => String(get(path));
  const number = (path: string): number => Number(get(path));
  const texts = (path: string): readonly string[] => {
    const value = get(path);
    return typeof value === "object" ? value : [];
  };
  return {
    http: { host: text("http.host"), port: number("http.port") },
    events: { kinds: texts("events.kinds"), keep: number("events.keep") },
    ring: { bytes: number("ring.bytes") },
    rules: {
      files: texts("rules.files"),
      builtIn: get("rules.builtIn") === true,
      keep: number("rules.keep"),
    },
  };
}
