import { DYNAMIC_TYPES } from "./dynamic-types.gen.ts";
import { FLAG_TABLES } from "./flag-tables.gen.ts";
import { SYSTEM_CALL_CODES } from "./system-call-codes.gen.ts";

/** A value of a flag or of an enumeration, with its name. */
export interface NamedValue {
  readonly name: string;
  readonly value: number;
}

const FLAGS: ReadonlyMap<string, readonly NamedValue[]> = new Map(
  FLAG_TABLES.trim()
    .split("\n")
    .map((line) => {
      const [table = "", ...values] = line.split(" ");
      return [
        table,
        values.map((text) => {
          const [name = "", value] = text.split("=");
          return { name, value: Number(value) };
        }),
      ];
    }),
);

const DYNAMIC: ReadonlyMap<string, readonly number[]> = new Map(
  DYNAMIC_TYPES.trim()
    .split("\n")
    .map((line) => {
      const [table = "", ...types] = line.split(" ");
      return [table, types.map(Number)];
    }),
);

const CODES: readonly string[] = SYSTEM_CALL_CODES.trim()
  .split(" ")
  .map((name) => (name === "-" ? "" : name));

// Linux's own numbers, which are the same for every architecture that matters here.
const ERRORS = numbered(`
  EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
  ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
  ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT
  EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV
  ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX
  ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
  ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
  ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
  EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED
`);
const KERNEL_ERRORS: ReadonlyMap<number, string> = new Map([
  [512, "ERESTARTSYS"],
  [513, "ERESTARTNOINTR"],
  [514, "ERESTARTNOHAND"],
  [515, "ENOIOCTLCMD"],
  [516, "ERESTART_RESTARTBLOCK"],
  [521, "EBADHANDLE"],
  [522, "ENOTSYNC"],
  [523, "EBADCOOKIE"],
  [524, "ENOTSUPP"],
  [525, "ETOOSMALL"],
  [526, "ESERVERFAULT"],
  [527, "EBADTYPE"],
  [528, "EJUKEBOX"],
  [529, "EIOCBQUEUED"],
  [530, "EIOCBRETRY"],
]);

const SIGNALS = numbered(`
  SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM
  SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO
  SIGPWR SIGSYS
`);

const CAPABILITIES = `
  CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP
  CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER
  CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE
  CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP
  CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF
  CAP_CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/);

/** Every capability of Linux 6.18, as a set of bits. */
export const ALL_CAPABILITIES: bigint = (1n << BigInt(CAPABILITIES.length)) - 1n;

/** The values of a table of flags or of an enumeration, in the order in which they are tried; none for no table. */
export function namedValues(table: string | undefined): readonly NamedValue[] {
  return table === undefined ? [] : (FLAGS.get(table) ?? []);
}

/** The type behind the first byte of a dynamic parameter; undefined when the table has no such type. */
export function dynamicType(table: string | undefined, index: number): number | undefined {
  return table === undefined ? undefined : DYNAMIC.get(table)?.[index];
}

/** The name of a system call by the library's own code; empty when there is none. */
export function systemCallOfCode(code: number): string {
  return CODES[code] ?? "";
}

/** Every system call that has a code. */
export function systemCallNames(): readonly string[] {
  return CODES.filter((name) => name !== "");
}

/** The name of an error from a negative result; empty when the number has none. */
export function errorName(result: number): string {
  return ERRORS[-result] ?? KERNEL_ERRORS.get(-result) ?? "";
}

/** The name of a signal; undefined when the number has none. */
export function signalName(number: number): string | undefined {
  return SIGNALS[number];
}

/** The capabilities of a set, by name with blanks between, in the order of their bits. */
export function capabilityNames(set: bigint): string {
  return CAPABILITIES.filter((_name, bit) => ((set >> BigInt(bit)) & 1n) === 1n).join(" ");
}

function numbered(text: string): readonly (string | undefined)[] {
  return [
    undefined,
    ...text
      .trim()
      .split(/\s+/)
      .map((name) => (name === "-" ? undefined : name)),
  ];
}
