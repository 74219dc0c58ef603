import type { AttachType, ProgramType } from "@ocelli/bpf";

import type { RefusedProgram } from "./verifier-error.ts";

/** Everything that BPF_PROG_LOAD takes, ready for the kernel: no names are left to resolve. */
export interface ProgramLoad {
  readonly type: ProgramType;
  /** Encoded instructions, eight bytes a slot, in this machine's byte order. */
  readonly bytes: Uint8Array;
  readonly name?: string;
  /** `GPL` opens the helpers that need a compatible licence. */
  readonly license?: string;
  readonly attachType?: AttachType | undefined;
  /** The kernel's number where `attachType` has no name for it: the member index of a struct_ops program. */
  readonly attachTypeValue?: number | undefined;
  /** What the program was written for; carried for the one who attaches it. */
  readonly attachTo?: string;
  /** BPF_F_* flags: sleepable 16, XDP fragments 32. */
  readonly flags?: number;
  readonly kernelVersion?: number;
  /** The program's own BTF, which the next two refer to. */
  readonly btfFd?: number | undefined;
  /** Records of 8 bytes: instruction slot, type id. */
  readonly functionInfo?: Uint8Array | undefined;
  /** Records of 16 bytes: instruction slot, file name, line text, line and column. */
  readonly lineInfo?: Uint8Array | undefined;
  /** The kernel type that it attaches to, in vmlinux, in `attachBtfFd` or in the program `attachProgramFd`. */
  readonly attachBtfId?: number | undefined;
  readonly attachBtfFd?: number | undefined;
  readonly attachProgramFd?: number | undefined;
  /** Descriptors of modules' BTF and of maps, by the index that instructions use. */
  readonly fdArray?: Int32Array | undefined;
  /** Network device for programs that run on hardware. */
  readonly interfaceIndex?: number;
  readonly tokenFd?: number | undefined;
  /** For the words of a refusal: the section, the instructions before they were encoded, and what could not be resolved. */
  readonly origin?: Omit<RefusedProgram, "name">;
}
