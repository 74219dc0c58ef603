import type { TestContext } from "node:test";

import { formatDiagnostic, readCollection, type CollectionSpec } from "@ocelli/bpf";
import {
  loadCollection,
  openKernel,
  type Collection,
  type Feature,
  type LoadCollectionOptions,
} from "@ocelli/linux";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { listFeature } from "./feature-list.ts";

/** What a feature's test is built from; docs/features.md lists it. */
export interface FeatureOptions {
  /** The C source: `test/fixtures/NAME.bpf.c`. */
  readonly fixture: string;
  readonly needs?: readonly Feature[];
  /** Which programs are loaded: those with `autoload` if absent. */
  readonly programs?: readonly string[];
  /** Why this machine's configuration does not have it, where no release of Linux decides that. */
  readonly skip?: () => string | undefined;
  readonly load?: Omit<LoadCollectionOptions, "programs">;
}

/** The blueprint of a fixture, for the architecture that runs. Throws with the reader's words. */
export function readFixture(name: string): CollectionSpec {
  const options = process.arch === "arm64" ? { args: ["-D__TARGET_ARCH_arm64"] } : {};
  const result = readCollection(fixture(name, options));
  if (result.ok) return result.value;
  throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
}

/** A feature from C to the kernel and back: loads the fixture, and gives `body` what was loaded. */
export function featureTest(
  feature: string,
  options: FeatureOptions,
  body: (collection: Collection, t: TestContext) => void | Promise<void>,
): void {
  const { programs, load = {}, needs = [] } = options;
  if (listFeature({ feature, fixture: options.fixture, needs })) return;
  kernelTest(feature, { needs, tools: [CLANG_PACKAGE] }, async (t) => {
    const reason = options.skip?.();
    if (reason !== undefined) {
      t.skip(reason);
      return;
    }
    using collection = loadCollection(readFixture(options.fixture), {
      ...load,
      ...(programs === undefined ? {} : { programs: ({ name }) => programs.includes(name) }),
    });
    await body(collection, t);
  });
}

/** What a variable holds, as a signed whole number; it must be one that a double can hold. */
export function numberOf(collection: Collection, name: string): number {
  return littleEndian(collection.variable(name).read());
}

/** What variables hold, by name. */
export function numbersOf(collection: Collection, ...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, numberOf(collection, name)]));
}

/** The text of a variable up to its first zero byte. */
export function textOf(collection: Collection, name: string): string {
  return Buffer.from(collection.variable(name).read()).toString("latin1").replace(/\0.*$/s, "");
}

/** A signed whole number of up to 8 bytes, least byte first. */
export function littleEndian(bytes: Uint8Array): number {
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Number(BigInt.asIntN(bytes.length * 8, value));
}

/** Little-endian bytes of 32-bit numbers. */
export function words(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** The option of `prctl` that no kernel knows: fixtures watch for it. */
export const MARKER = 0x0ce1;

/** Calls prctl(2) with the marker and gives its result: -EINVAL unless a program interferes. */
export function callMarked(argument: number): number {
  return openKernel().syscall("prctl", MARKER, argument, 0, 0, 0);
}
