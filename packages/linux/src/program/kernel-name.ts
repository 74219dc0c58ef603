// BPF_OBJ_NAME_LEN in include/linux/bpf.h: 15 bytes and a zero.
const LENGTH = 15;

/**
 * The name as the kernel takes it for a program or a map: at most 15 bytes of `[A-Za-z0-9_.]`, every other character
 * replaced by `_`. The kernel answers EINVAL to anything else.
 */
export function kernelName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, "_").slice(0, LENGTH);
}
