import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { test, type TestContext } from "node:test";

import {
  compareReleases,
  FEATURES,
  minimumKernel,
  openKernel,
  permissionFacts,
  type Feature,
} from "@ocelli/linux";

/** Features whose absence on a new enough kernel can be shown to be this machine's configuration, not our fault. */
const REFUSALS: Partial<Record<Feature, () => string | undefined>> = {
  fentry: lockedDown,
  fmod_ret: lockedDown,
  lsm: lockedDown,
  lsm_sleepable: lockedDown,
  lsm_cgroup: lockedDown,
  kprobe: withoutKprobes,
  kprobe_multi: withoutFprobes,
  kprobe_session: withoutFprobes,
  netkit: withoutNetkit,
};

function lockedDown(): string | undefined {
  // Kernels whose lockdown mode refuses BPF trampolines answer EPERM with an empty log.
  const { lockdown } = permissionFacts(openKernel());
  return lockdown === "integrity" || lockdown === "confidentiality"
    ? "lockdown refuses BPF trampolines"
    : undefined;
}

function withoutKprobes(): string | undefined {
  return existsSync("/sys/bus/event_source/devices/kprobe")
    ? undefined
    : "this kernel is built without kprobes";
}

/** kprobe.multi attaches through fprobes, which are a choice of their own: Debian's 6.1 has kprobes only. */
function withoutFprobes(): string | undefined {
  return (
    withoutKprobes() ??
    (hasSymbol("register_fprobe_ips") ? undefined : "this kernel is built without fprobes")
  );
}

function withoutNetkit(): string | undefined {
  return hasSymbol("netkit_prog_attach") ? undefined : "this kernel is built without netkit";
}

function hasSymbol(name: string): boolean {
  return readFileSync("/proc/kallsyms", "utf8").includes(` ${name}\n`);
}

/** What a test of the kernel lane needs; the rest is decided here. */
export interface KernelNeeds {
  readonly needs?: readonly Feature[];
  /** Debian packages of tools/debian-packages.json without which the test cannot run. */
  readonly tools?: readonly string[];
  readonly timeoutMs?: number;
}

/** Why a test cannot run here; `undefined` when it must run and pass. */
export function skipReason({ needs = [], tools = [] }: KernelNeeds): string | undefined {
  if (process.platform !== "linux") return `needs Linux: this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "needs root";
  const architecture = process.arch === "arm64" ? "arm64" : "x64";
  for (const feature of needs) {
    const minimum = minimumKernel(feature, architecture);
    if (compareReleases(release(), minimum) < 0) {
      return `${FEATURES[feature].title} need Linux ${minimum}: running ${release()}`;
    }
    const refusal = REFUSALS[feature]?.();
    if (refusal !== undefined) return `${FEATURES[feature].title}: ${refusal}`;
  }
  const missing = (process.env["OCELLI_MISSING_TOOLS"] ?? "").split(" ");
  const lacking = tools.find((tool) => missing.includes(tool));
  return lacking === undefined ? undefined : `needs the Debian package ${lacking}`;
}

/**
 * A test against the running kernel. It is skipped only without root, on a kernel older than a feature's declared
 * minimum, or where the machine's own configuration shows that the feature is switched off; anywhere else it runs,
 * and a missing feature is a failure.
 */
export function kernelTest(
  name: string,
  needs: KernelNeeds,
  body: (t: TestContext) => void | Promise<void>,
): void {
  const reason = skipReason(needs);
  // Emulated processors of the kernel matrix are that much slower.
  const slowness = process.env["OCELLI_GUEST"] === undefined ? 1 : 4;
  const timeout = (needs.timeoutMs ?? 60_000) * slowness;
  void test(name, { skip: reason ?? false, timeout }, body);
}
