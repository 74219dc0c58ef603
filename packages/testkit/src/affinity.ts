import type { Kernel } from "@ocelli/linux";

const MASK_BYTES = 128;

function setAffinity(kernel: Kernel, mask: Uint8Array): void {
  const thisThread = 0;
  const result = kernel.syscall("sched_setaffinity", thisThread, mask.length, mask);
  if (result < 0) throw new Error(`Cannot set the CPUs of this thread: errno ${-result}`);
}

/** Keeps this thread on one CPU until disposed of; then it may run everywhere. */
export function pinToCpu(kernel: Kernel, cpu: number): Disposable {
  const mask = new Uint8Array(MASK_BYTES);
  mask[cpu >>> 3] = 1 << (cpu & 7);
  setAffinity(kernel, mask);
  return {
    [Symbol.dispose]: () => {
      setAffinity(kernel, new Uint8Array(MASK_BYTES).fill(0xff));
    },
  };
}
