export {
  compile,
  type CompileOptions,
  type CompiledModule,
  type CompiledProgram,
} from "../compile.ts";
export { formatSourceDiagnostic } from "../parse/format.ts";
