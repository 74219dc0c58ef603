import type { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { duplicateFd } from "./duplicate.ts";
import { attachAction, explainedError, requireType } from "./explain.ts";
import type { Link } from "./link.ts";
import { plainLink } from "./plain-link.ts";

const SOL_SOCKET = 1;
const SO_DETACH_FILTER = 27;
const SO_ATTACH_BPF = 50;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

/** Which socket. */
export interface SocketFilterOptions {
  /** The descriptor's number; it stays the caller's. */
  readonly socketFd: number;
  /** Chooses among sockets that share a port (SO_REUSEPORT) instead of cutting packets. */
  readonly reuseport?: boolean;
}

/**
 * Puts a filter on one socket: it returns how many bytes of a packet to keep. It belongs to the socket and ends with
 * it. Since Linux 3.19; for `reuseport` 4.5.
 */
export function attachSocketFilter(program: Program, options: SocketFilterOptions): Link {
  const { kernel } = program;
  const target = `socket ${options.socketFd}`;
  requireType(program, target, "socket_filter", "sk_reuseport");
  const reuseport = options.reuseport === true || program.type === "sk_reuseport";
  const set = (socket: number, option: number, value: number): number => {
    const bytes = new Uint8Array(Int32Array.of(value).buffer);
    return kernel.syscall("setsockopt", socket, SOL_SOCKET, option, bytes, bytes.length);
  };
  const option = reuseport ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF;
  const result = set(options.socketFd, option, program.fd.value);
  const refused = (which: Program, errno: number): LinuxError =>
    explainedError(kernel, attachAction(which, target), errno, {
      reasons: {
        EBADF: "this is no open file descriptor",
        ENOTSOCK: "this descriptor is no socket",
        EPERM: "the socket's filter is locked (SO_LOCK_FILTER)",
        EINVAL: reuseport
          ? "the socket does not share its port: set SO_REUSEPORT first"
          : `programs of type ${which.type} are no socket filters`,
      },
    });
  if (result < 0) throw refused(program, result);
  const socket = duplicateFd(kernel, options.socketFd);
  return plainLink({
    kind: "socket_filter",
    target,
    outlives: false,
    whyNoPin: "it belongs to the socket",
    swap(next) {
      const swapped = set(socket.value, option, next.fd.value);
      if (swapped < 0) throw refused(next, swapped);
    },
    release() {
      set(socket.value, reuseport ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_FILTER, 0);
      socket[Symbol.dispose]();
    },
  });
}
