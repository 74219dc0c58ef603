// C programs beside which we are measured: `peerPath()` of the testkit builds them.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

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
