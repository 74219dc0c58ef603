import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, type Instruction } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { createMemory } from "../memory/memory.ts";
import { prepareProgram } from "../program/prepare.ts";
import { createStepper, type Stepper } from "./stepper.ts";

const memory = createMemory({ size: 1 << 16 });

function stepperOf(instructions: readonly Instruction[]): Stepper {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  return createStepper({ program: program.value, memory });
}

suite("createStepper()", () => {
  test("goes through calls and loops an instruction at a time and shows registers and callers", () => {
    const stepper = stepperOf([
      { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 2 },
      ...asm`r0 += r1; exit; r0 = 40; exit`,
    ]);
    stepper.restart(2);
    const seen: string[] = [];
    do {
      const { slot, text } = stepper.place();
      const callers = stepper.callers().map((caller) => caller.slot);
      seen.push(`${slot}: ${text}, r0 ${stepper.registers()[0]}, callers ${callers.join()}`);
    } while (stepper.step());
    assert.deepEqual(seen, [
      "0: call pc+2, r0 0, callers ",
      "3: r0 = 40, r0 0, callers 1",
      "4: exit, r0 40, callers 1",
      "1: r0 += r1, r0 40, callers ",
      "2: exit, r0 42, callers ",
    ]);
    assert.equal(stepper.registers()[0], 42n);
    assert.equal(stepper.step(), false);
  });

  test("stays at the instruction that had to be stopped and shows its source line", () => {
    const source = { file: "probe.c", line: 12, column: 3, text: "return *p;" };
    const [first, second, ...rest] = asm`r1 = 0; r0 = *(u8 *)(r1 + 0); exit`;
    assert.ok(first !== undefined && second !== undefined);
    const stepper = stepperOf([{ ...first, source }, second, ...rest]);
    assert.equal(stepper.step(), true);
    assert.throws(
      () => stepper.step(),
      (error) =>
        error instanceof VmError &&
        error.message ===
          "Cannot run slot 1 (r0 = *(u8 *)(r1 +0)) at probe.c:12: address 0x0 is outside its memory: the memory is 0x1000 to 0xffff",
    );
    assert.deepEqual(stepper.place(), { slot: 1, text: "r0 = *(u8 *)(r1 +0)", source });
  });
});
