import { globSync } from "node:fs";
import { basename, join } from "node:path";

import { fixturePath, programFixturePath, type FixtureOptions } from "@ocelli/testkit";

import { root } from "../sources.ts";

/** A C fixture as a test asked for it. */
export interface FixtureRequest {
  readonly name: string;
  readonly options: FixtureOptions;
}

/**
 * Builds every C fixture in its usual form, since guests have no compiler. One that needs options does not build, and is
 * asked for later by the test that knows them. Kernel programs in TypeScript are compiled with this machine's types, so that
 * one object is loaded on every kernel.
 */
export function buildFixtures(): void {
  for (const file of globSync("test/fixtures/*.bpf.c", { cwd: root })) {
    try {
      fixturePath(basename(file, ".bpf.c"));
    } catch {
      // The request of its test follows, and then a failure counts.
    }
  }
  for (const file of globSync("packages/tools/src/*.bpf.ts", { cwd: root }))
    programFixturePath(join(root, file));
}

/** The fixture that a failed test lacked, read from the failure's text as `fixturePath()` words it. */
export function requestedFixture(detail: string): FixtureRequest | undefined {
  const match = /Cannot build fixture "([^"]+)" with (\{[^\n]*?\}): /.exec(detail);
  const [, name, options] = match ?? [];
  if (name === undefined || options === undefined) return undefined;
  // fixturePath() prints its own options there.
  return { name, options: JSON.parse(options) as FixtureOptions };
}

/** Builds what tests asked for; problems come back as text. */
export function buildRequested(requests: readonly FixtureRequest[]): string[] {
  const problems: string[] = [];
  for (const { name, options } of requests) {
    try {
      fixturePath(name, options);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return problems;
}
