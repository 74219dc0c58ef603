/**
 * The guest's first process: mounts what tests look at, loads modules in order, runs `command` in the repository and
 * switches the machine off.
 */
export function initScript(modules: readonly string[], folder: string, command: string): string {
  const mounts = [
    "bpf /sys/fs/bpf",
    "tracefs /sys/kernel/tracing",
    "debugfs /sys/kernel/debug",
    "cgroup2 /sys/fs/cgroup",
    "securityfs /sys/kernel/security",
  ].map((mount) => `mount -t ${mount.split(" ")[0] ?? ""} none ${mount.split(" ")[1] ?? ""}`);
  return [
    "#!/bin/busybox sh",
    "/bin/busybox mkdir -p /proc /sys /dev /tmp /root /run",
    "/bin/busybox --install -s /bin",
    "export PATH=/bin HOME=/root",
    "mount -t proc none /proc",
    "mount -t sysfs none /sys",
    "mount -t devtmpfs none /dev",
    "mount -t tmpfs none /tmp",
    "mount -t tmpfs none /run",
    ...mounts.map((mount) => `${mount} 2>/dev/null`),
    "ip link set lo up",
    ...modules.map((name) => `insmod /modules/${name}.ko`),
    `cd ${folder}`,
    command,
    // Lets the serial ports run empty.
    "sync; sleep 0.2",
    "poweroff -f",
    "",
  ].join("\n");
}
