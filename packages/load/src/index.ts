export { codecOf } from "./codec.ts";
export {
  compiledModule,
  compileFile,
  hostCompileOptions,
  ModuleError,
  type CompiledFile,
} from "./compile-file.ts";
export { callDirectly, type Direct, type DirectHelpers } from "./direct.ts";
export { registerProgramModules, type HookOptions } from "./hook.ts";
export {
  load,
  type ConfigOf,
  type Loaded,
  type LoadedMember,
  type LoadedModule,
  type LoadedVariable,
  type LoadOptions,
} from "./load.ts";
export type {
  LoadedCount,
  LoadedHistogram,
  LoadedMap,
  LoadedRing,
  LoadedStacks,
} from "./loaded-map.ts";
export type { LoadedProgram } from "./loaded-program.ts";
export type { UserValue } from "./user-value.ts";
