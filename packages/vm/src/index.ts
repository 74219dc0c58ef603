export { VmError, type ProgramPlace, type VmErrorCode, type VmErrorDetails } from "./error.ts";
export { basicHelpers, type Environment } from "./helper/basic.ts";
export type { HelperContext, HelperResult, HelperTable, VmHelper } from "./helper/helper.ts";
export { createInterpreter } from "./interpreter/interpreter.ts";
export { createStepper, type Stepper } from "./interpreter/stepper.ts";
export type { Machine, MachineOptions } from "./machine.ts";
export { HIGH_ARGUMENTS, HIGH_RESULT } from "./memory/layout.ts";
export { createMemory, type MemoryOptions, type VmMemory } from "./memory/memory.ts";
export { prepareProgram, type PreparedProgram, type PrepareOptions } from "./program/prepare.ts";
