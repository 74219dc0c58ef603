export { LinuxError, type LinuxErrorCode } from "./error.ts";
export { Fd } from "./fd.ts";
export { openKernel } from "./port/koffi.ts";
export type { Kernel, Mapping, SyscallArgument, SyscallName } from "./port/kernel.ts";
export {
  compareReleases,
  FEATURES,
  minimumKernel,
  type Feature,
  type FeatureRow,
} from "./feature/table.ts";
export { loadProgram, type ProgramLoad } from "./program/load.ts";
export { Program, type ProgramFacts } from "./program/program.ts";
export { VerifierError } from "./program/verifier-error.ts";
