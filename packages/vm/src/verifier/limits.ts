/** Instructions that an analysis processes at most, over all paths; the kernel's BPF_COMPLEXITY_LIMIT_INSNS. */
export const MOST_PROCESSED = 1_000_000;
/** Branches that wait at most; BPF_COMPLEXITY_LIMIT_JMP_SEQ. */
export const MOST_WAITING = 8192;
/** Pointers' offsets stay below this either way; BPF_MAX_VAR_OFF. */
export const MOST_OFFSET = 0x2000_0000;
/** Bytes that a memory argument has at most; BPF_MAX_VAR_SIZ. */
export const MOST_SIZE = 0x2000_0000;
/** Bytes that a packet may have, as far as pointers into it go; MAX_PACKET_OFF. */
export const MOST_PACKET_OFFSET = 0xffff;
/** Bytes that all frames of a chain of calls may have. */
export const MOST_STACK = 512;
