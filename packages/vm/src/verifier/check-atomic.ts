import { ATOMIC_OPERATION, type Instruction } from "@ocelli/bpf";

import { describeKind, readRegister, writeRegister, type Analysis } from "./analysis.ts";
import { checkAccess } from "./check-memory.ts";
import type { Access } from "./region.ts";
import { reject } from "./reject.ts";
import { unsignedScalar, type Scalar } from "./scalar.ts";
import type { State } from "./state.ts";
import type { Pointer } from "./value.ts";

const FORBIDDEN: ReadonlySet<string> = new Set([
  "ctx",
  "packet",
  "packet-meta",
  "flow-keys",
  "socket",
  "sock-common",
  "tcp-sock",
  "xdp-sock",
]);

/** Follows an atomic operation on memory, or a load that orders. */
export function checkAtomic(analysis: Analysis, state: State, instruction: Instruction): void {
  const { opcode, dst, src, offset, imm } = instruction;
  const size = [4, 2, 1, 8][(opcode >> 3) & 3] ?? 8;
  const isLoad = imm === ATOMIC_OPERATION.load_acquire;
  const register = isLoad ? src : dst;
  const pointer = readRegister(state, register);
  if (!isLoad) readRegister(state, src);
  if (imm === ATOMIC_OPERATION.cmpxchg) readRegister(state, 0);
  if (pointer.kind === "pointer" && FORBIDDEN.has(pointer.type))
    reject(
      "vm-verify-argument",
      `An atomic operation works on ${describeKind(pointer)} in r${register}`,
      "Atomic operations work on map values and the stack",
      [register],
    );
  const access: Access = {
    register,
    pointer,
    offset,
    size,
    write: false,
    value: undefined,
    aligned: true,
  };
  const old = checkAccess(analysis, state, access);
  const result: Scalar | Pointer = old.kind === "unwritten" ? unsignedScalar(size) : old;
  if (isLoad) return writeRegister(state, dst, result);
  // The result takes the address's place before memory is written.
  const fetches = (imm & 1) !== 0;
  const taken = imm === ATOMIC_OPERATION.cmpxchg ? 0 : src;
  const overwritten = fetches && taken === dst ? result : pointer;
  checkAccess(analysis, state, {
    ...access,
    pointer: overwritten,
    write: true,
  });
  if (imm === ATOMIC_OPERATION.cmpxchg) writeRegister(state, 0, result);
  else if ((imm & 1) !== 0) writeRegister(state, src, result);
}
