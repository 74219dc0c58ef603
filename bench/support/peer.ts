// C programs beside which we are measured, built with gcc against Debian's libraries.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");

/** Builds `bench/peers/NAME.c` once per content and gives the program's path. */
export function buildPeer(name: string, libraries: readonly string[]): string {
  const source = join(root, "bench/peers", `${name}.c`);
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const cache = join(root, ".cache/peers");
  const target = join(cache, `${name}-${hash}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const args = ["-O2", "-Wall", "-Werror", source, "-o", target];
  const build = spawnSync("gcc", [...args, ...libraries.map((library) => `-l${library}`)], {
    encoding: "utf8",
  });
  if (build.status !== 0) {
    throw new Error(`Cannot build peer "${name}": ${build.error?.message ?? build.stderr}`);
  }
  return target;
}

/** A peer that answers each line with a line. */
export interface Peer extends Disposable {
  ask(line: string): Promise<string>;
}

/** Starts a peer that inherits file descriptors: the first one as 3, the next as 4. */
export function startPeer(
  program: string,
  args: readonly string[],
  descriptors: readonly number[],
): Peer {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit", ...descriptors] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error(`Cannot talk to ${program}`);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async ask(line) {
      stdin.write(`${line}\n`);
      const next = await lines.next();
      if (next.done === true) throw new Error(`${program} ended before it answered`);
      return next.value;
    },
    [Symbol.dispose]: () => {
      stdin.end();
    },
  };
}
