import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Program } from "./program.ts";

const STREAMS = { stdout: 1, stderr: 2 } as const;
const CHUNK = 4096;

/**
 * Takes what a program wrote to one of its streams since the last call: `bpf_stream_printk()` writes to stdout, the
 * kernel reports faults of the program to stderr. The kernel keeps up to 100,000 bytes a stream. Linux 6.17; before,
 * throws `unsupported`.
 */
export function readStream(program: Program, stream: keyof typeof STREAMS): string {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(CHUNK);
  let text = "";
  for (;;) {
    const attribute = encodeAttribute(program.kernel, "prog_stream_read", {
      stream_buf: buffer,
      stream_buf_len: buffer.length,
      stream_id: STREAMS[stream],
      prog_fd: program.fd.value,
    });
    const result = program.kernel.bpf(COMMANDS.prog_stream_read_by_fd, attribute);
    const action = `Cannot read ${stream} of program "${program.name}"`;
    // The command's number is unknown to older kernels.
    if (result === -ERRNO.EINVAL)
      throw new LinuxError(
        "unsupported",
        `${action}: program output streams need Linux 6.17 (${errnoName(-result)})`,
        -result,
      );
    if (result < 0) throw systemError(action, result);
    if (result === 0) return text + decoder.decode();
    text += decoder.decode(buffer.subarray(0, result), { stream: true });
  }
}
