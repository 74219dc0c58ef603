import { asm, encodeInstructions, formatDiagnostic, mapSpec, type Instruction } from "@ocelli/bpf";
import { createMap, loadProgram, openKernel, run } from "@ocelli/linux";

import { RefusedError } from "../exit.ts";

const SMALLEST_PACKET = 14;

/**
 * All 64 bits of the r0 that bytecode leaves in the kernel. It becomes a function that an XDP program calls, whose packet is the
 * memory: a test run gives 32 bits only, so the program leaves r0 in a map.
 */
export function execInKernel(instructions: readonly Instruction[], memory: Uint8Array): bigint {
  const kernel = openKernel();
  using map = createMap(
    kernel,
    mapSpec({ name: "r0", type: "array", keySize: 4, valueSize: 8, maxEntries: 1 }),
  );
  const size = memory.length;
  // Without memory, r1 and r2 are 0. Else the verifier wants to see that the packet is long enough.
  const enter =
    size === 0
      ? asm`r1 = 0; r2 = 0`
      : asm`r6 = *(u32 *)(r1 + 0); r7 = *(u32 *)(r1 + 4); r1 = r6; r6 += ${size}; r2 = ${size}`;
  const leave: Instruction[] = [
    { opcode: 0x18, dst: 1, src: 2, offset: 0, imm: map.fd.value, imm2: 0 },
    ...asm`*(u64 *)(r1 + 0) = r0; r0 = 2; exit`,
  ];
  const check: Instruction[] =
    size === 0 ? [] : [{ opcode: 0x2d, dst: 6, src: 7, offset: 6, imm: 0 }];
  // Slots of `leave`: 2 + 3. After the call they are skipped to reach the function.
  const call: Instruction = { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 5 };
  const refuse = asm`r0 = 0; exit`;
  const program =
    size === 0
      ? [...enter, call, ...leave, ...instructions]
      : [...enter, ...check, { ...call, imm: 7 }, ...leave, ...refuse, ...instructions];
  const encoded = encodeInstructions(program);
  if (!encoded.ok) throw new RefusedError(encoded.diagnostics.map(formatDiagnostic).join("\n"));
  using loaded = loadProgram(kernel, { type: "xdp", bytes: encoded.value, license: "GPL" });
  const data = new Uint8Array(Math.max(size, SMALLEST_PACKET));
  data.set(memory);
  run(loaded, { data });
  const value = map.lookup(new Uint8Array(4));
  if (value === undefined) throw new RefusedError("Cannot read r0: the map has no element 0");
  return new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true);
}
