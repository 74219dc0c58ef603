import { LinuxError, type LinuxErrorCode } from "../error.ts";

/** Error numbers by name: include/uapi/asm-generic/errno*.h, and 524 from the kernel's own include/linux/errno.h. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  ERANGE: 34,
  ENOSYS: 38,
  ELOOP: 40,
  ENODATA: 61,
  ENOLINK: 67,
  EOVERFLOW: 75,
  EBADFD: 77,
  EILSEQ: 84,
  ENOTSOCK: 88,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  EALREADY: 114,
  ESTALE: 116,
  ENOTSUPP: 524,
} as const;

const names = new Map<number, string>(Object.entries(ERRNO).map(([name, value]) => [value, name]));

/** `ENOENT` for 2; `errno 999` for a number without a name here. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** The error code that fits an errno when nothing more is known. */
export function codeOfErrno(errno: number): LinuxErrorCode {
  switch (errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return "permission";
    case ERRNO.ENOENT:
    case ERRNO.ESRCH:
    case ERRNO.ENODEV:
      return "not-found";
    case ERRNO.EEXIST:
      return "exists";
    case ERRNO.EBUSY:
    case ERRNO.EADDRINUSE:
      return "busy";
    case ERRNO.E2BIG:
    case ERRNO.ENOSPC:
    case ERRNO.ENOMEM:
    case ERRNO.EMFILE:
    case ERRNO.ENFILE:
      return "limit";
    case ERRNO.EINVAL:
    case ERRNO.EFAULT:
    case ERRNO.EBADF:
    case ERRNO.EBADFD:
      return "invalid";
    case ERRNO.ENOSYS:
    case ERRNO.EOPNOTSUPP:
    case ERRNO.ENOTSUPP:
      return "unsupported";
    default:
      return "system";
  }
}

/**
 * Turns the negative result of a port call into an error. `action` is what failed, from a capital letter on and
 * without a final period, e.g. `Cannot create map "flows"`.
 */
export function systemError(action: string, result: number): LinuxError {
  const errno = -result;
  return new LinuxError(codeOfErrno(errno), `${action}: ${errnoName(errno)}`, errno);
}
