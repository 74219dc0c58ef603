export { VmError, type ProgramPlace, type VmErrorCode, type VmErrorDetails } from "./error.ts";
export { basicHelpers, type Environment } from "./helper/basic.ts";
export {
  checkReadable,
  checkWritable,
  give64,
  helperTable,
  highArgument,
  wideArgument,
  type HelperDefinition,
} from "./helper/define.ts";
export { helpersFor } from "./helper/all.ts";
export type {
  HelperContext,
  HelperResult,
  HelperTable,
  TailTarget,
  VmHelper,
} from "./helper/helper.ts";
export { createInterpreter } from "./interpreter/interpreter.ts";
export { createStepper, type Stepper } from "./interpreter/stepper.ts";
export { createJit, type JitOptions } from "./jit/jit.ts";
export type { VmConfiguration } from "./load/kconfig.ts";
export { loadInVm, type LoadedInVm, type LoadInVmOptions } from "./load/load.ts";
export type { Machine, MachineOptions } from "./machine.ts";
export { createVmMap, type CreateVmMapOptions } from "./map/create.ts";
export type { ArrayLayout, PerfRecord, VmMap, VmRing } from "./map/map.ts";
export { putHandle, userMap, type UserMap } from "./map/user.ts";
export { createMemory, type MemoryOptions, type VmMemory } from "./memory/memory.ts";
export { prepareProgram, type PreparedProgram, type PrepareOptions } from "./program/prepare.ts";
export {
  perfEventContext,
  registersArm64,
  registersX64,
  tracepointArguments,
  type RegistersArm64,
  type RegistersX64,
} from "./run/registers.ts";
export { createReplayer, type Replayer, type Verdict } from "./run/replay.ts";
export {
  createContextAt,
  createRunner,
  runInVm,
  type VmRunInput,
  type VmRunner,
  type VmRunnerOptions,
  type VmRunResult,
} from "./run/run.ts";
export {
  createSystem,
  type Redirection,
  type SystemOptions,
  type VmSystem,
  type VmTask,
} from "./system/system.ts";
export type { VerifyEnvironment, VerifyProgram } from "./verifier/analysis.ts";
export type { RejectionCode } from "./verifier/reject.ts";
export { formatVerifyReport, type Decision, type VerifyReport } from "./verifier/report.ts";
export { verifyProgram, type VerifyCollectionOptions } from "./verifier/collection.ts";
export { verify, type Verification } from "./verifier/verify.ts";
