import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const cache = join(root, ".cache/peers");

/** Debian's packages that `peerPath()` needs: state them as `tools` of a test. */
export const PEER_PACKAGES: readonly string[] = ["gcc", "libbpf-dev"];

/**
 * The program of `test/peers/NAME.c`, linked with libbpf, which a test or benchmark is held against. Built with gcc on first
 * use and kept under `.cache/peers` by the hash of its source. Throws with gcc's own words when it does not compile.
 */
export function peerPath(name: string): string {
  const source = join(root, "test/peers", `${name}.c`);
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const target = join(cache, `${name}-${hash}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const draft = `${target}.${process.pid}`;
  const build = spawnSync("gcc", ["-O2", "-Wall", "-Werror", "-o", draft, source, "-lbpf"], {
    encoding: "utf8",
  });
  if (build.status !== 0)
    throw new Error(`Cannot build peer "${name}": ${build.error?.message ?? build.stderr}`);
  renameSync(draft, target);
  return target;
}
