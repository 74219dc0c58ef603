export { parseIr } from "../ir/parse.ts";
export { printIr } from "../ir/print.ts";
export { declareKernel, type DeclareOptions } from "../declare/declare.ts";
export {
  compile,
  type CompileOptions,
  type CompiledModule,
  type CompiledProgram,
} from "../compile.ts";
export { formatSourceDiagnostic } from "../parse/format.ts";
export { wrapArithmetic, wrapHelpers } from "../javascript/wrap-arithmetic.ts";
