import { spawn } from "node:child_process";

/**
 * Runs a program without blocking the event loop and gives its standard output. Rejects with the program's own words
 * when it fails.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.on("error", (cause) => {
      reject(new Error(`Cannot run ${command}: ${cause.message}`, { cause }));
    });
    child.on("close", (code) => {
      if (code === 0) {
        resolve(Buffer.concat(output));
        return;
      }
      const words = Buffer.concat(errors).toString().trim();
      reject(new Error(`Cannot run ${command} ${args.join(" ")}: exit code ${code}: ${words}`));
    });
  });
}
