import kernels from "./kernels.json" with { type: "json" };

/** A kernel of the matrix. */
export interface MatrixKernel {
  /** The series, e.g. `6.12`. */
  readonly release: string;
  /** Debian suites that have it; the newest package of all wins. */
  readonly suites: readonly string[];
}

/** Architectures that the matrix can boot. */
export type Architecture = "x64" | "arm64";

/** What differs between the architectures outside of the kernel. */
export interface Platform {
  /** Debian's name. */
  readonly debian: string;
  readonly triplet: string;
  /** The dynamic loader's path in the guest. */
  readonly loader: string;
  readonly console: string;
  /** Where the guest writes its events: a second serial port, or the console where there is only one. */
  readonly results: string;
  readonly qemu: readonly string[];
  /** Debian's package with that QEMU. */
  readonly qemuPackage: string;
}

/** The kernels, oldest first: kernels.json is the one list of them. */
export const KERNELS: readonly MatrixKernel[] = kernels;

/** The platforms by Node's name of the architecture. */
export const PLATFORMS: Readonly<Record<Architecture, Platform>> = {
  x64: {
    debian: "amd64",
    triplet: "x86_64-linux-gnu",
    loader: "lib64/ld-linux-x86-64.so.2",
    console: "ttyS0",
    results: "/dev/ttyS1",
    // Without AVX: under the emulation of QEMU 7.2, code that V8 compiles for it dies with SIGSEGV or SIGTRAP.
    qemu: ["qemu-system-x86_64", "-cpu", "max,-avx,-avx2"],
    qemuPackage: "qemu-system-x86",
  },
  arm64: {
    debian: "arm64",
    triplet: "aarch64-linux-gnu",
    loader: "lib/ld-linux-aarch64.so.1",
    console: "ttyAMA0",
    results: "/dev/ttyAMA0",
    qemu: ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"],
    qemuPackage: "qemu-system-arm",
  },
};
