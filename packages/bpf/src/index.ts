export { asm } from "./asm/asm.ts";
export { printAssembly, printInstruction, type Notation } from "./asm/assembly.ts";
export {
  alu32,
  alu64,
  byteOrder,
  mov32,
  mov64,
  negate,
  signExtend,
  type AluOperation,
  type Operand,
} from "./asm/build-alu.ts";
export {
  call,
  callFunction,
  exit,
  jump,
  jumpIf,
  jumpIf32,
  label,
  type Comparison,
} from "./asm/build-flow.ts";
export {
  atomic,
  load,
  loadConstant,
  loadFunction,
  loadMap,
  loadMapValue,
  store,
  type AccessWidth,
  type AtomicOperation,
  type SignedWidth,
} from "./asm/build-memory.ts";
export { checkInstruction } from "./asm/check.ts";
export { constant64, splitConstant64, withConstant64 } from "./asm/constant.ts";
export { decodeInstructions, type ByteOrder } from "./asm/decode.ts";
export { encodeInstructions, type EncodeOptions } from "./asm/encode.ts";
export { functionStarts } from "./asm/functions.ts";
export type { Instruction, Reference, SourceLine } from "./asm/instruction.ts";
export { formatListing, type ListingOptions } from "./asm/listing.ts";
export { bpftoolNames, referenceNames, type PrintNames } from "./asm/names.ts";
export {
  ACCESS_MODE,
  ACCESS_SIZE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  CALL_SOURCE,
  INSTRUCTION_CLASS,
  JUMP_OPERATION,
  OPCODE,
  OPERAND_SOURCE,
  WIDE_SOURCE,
} from "./asm/opcodes.ts";
export {
  instructionClass,
  isCall,
  isExit,
  isFunctionAddress,
  isHelperCall,
  isJump,
  isKfuncCall,
  isLocalCall,
  isWide,
  jumpDistance,
} from "./asm/predicates.ts";
export { parseAssembly } from "./asm/parse.ts";
export { printKernel } from "./asm/print-kernel.ts";
export { LLVM_UNKNOWN, printLlvm } from "./asm/print-llvm.ts";
export {
  R0,
  R1,
  R10,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  registerNumber,
  type Register,
} from "./asm/registers.ts";
export { resolveReferences, type ResolveOptions } from "./asm/resolve.ts";
export { SLOT_BYTES, slotCount, slotOffsets } from "./asm/slots.ts";
export {
  attachTypeName,
  attachTypeNumber,
  isAttachType,
  type AttachType,
} from "./abi/attach-types.ts";
export { ATTACH_TYPES } from "./abi/attach-types.gen.ts";
export { COMMANDS } from "./abi/commands.gen.ts";
export { helperName, helperNumber, isHelper, type Helper } from "./abi/helpers.ts";
export { HELPERS } from "./abi/helpers.gen.ts";
export { isLinkType, linkTypeName, linkTypeNumber, type LinkType } from "./abi/link-types.ts";
export { LINK_TYPES } from "./abi/link-types.gen.ts";
export { isMapType, mapTypeName, mapTypeNumber, type MapType } from "./abi/map-types.ts";
export { MAP_TYPES } from "./abi/map-types.gen.ts";
export {
  isProgramType,
  programTypeName,
  programTypeNumber,
  type ProgramType,
} from "./abi/program-types.ts";
export { PROGRAM_TYPES } from "./abi/program-types.gen.ts";
export {
  createBtfBuilder,
  extendBtf,
  type BtfBuilder,
  type BtfBuilderOptions,
} from "./btf/build.ts";
export { printC, type PrintCOptions } from "./btf/c/print.ts";
export { concatBtf, copyTypes, reachableIds } from "./btf/copy.ts";
export { dedupBtf, type DedupedBtf } from "./btf/dedup.ts";
export { readBtfExt, type BtfExt, type BtfExtSections } from "./btf/ext.ts";
export { typeToJson, type BtfJson } from "./btf/json.ts";
export { printRawType } from "./btf/print-raw.ts";
export { mapReferences, referencesOf } from "./btf/references.ts";
export { readBtf, type ReadBtfOptions } from "./btf/read.ts";
export { alignOf, resolveType, sizeOf, skipModifiers, type ResolvedType } from "./btf/resolve.ts";
export {
  placeDatasec,
  placeKsyms,
  sanitizeBtf,
  type DatasecPlacement,
  type KernelBtfSupport,
} from "./btf/sanitize.ts";
export { printTs, type PrintTsOptions } from "./btf/ts/print.ts";
export type {
  Btf,
  BtfEnumerator,
  BtfKind,
  BtfLinkage,
  BtfMember,
  BtfParameter,
  BtfSectionVariable,
  BtfType,
  BtfTypeOf,
} from "./btf/types.ts";
export { applyCoreRelocations, type CoreOptions, type CoreRelocated } from "./core/apply.ts";
export type { CoreTargets } from "./core/candidates.ts";
export { typesAreCompatible, type Verdict } from "./core/compatible.ts";
export { relocationDescriber } from "./core/describe-relocation.ts";
export { essentialName } from "./core/essential-name.ts";
export { POISON_HELPER } from "./core/patch.ts";
export type { PoisonedInstruction } from "./core/poison.ts";
export {
  encodeFunctionInfo,
  encodeLineInfo,
  writeBtfExt,
  type InfoRecords,
} from "./btf/write-ext.ts";
export { CORE_KINDS, type CoreKind, type CoreRelocation } from "./core/relocation.ts";
export { createTypeView, type TypeView } from "./core/type-view.ts";
export {
  errorAt,
  failure,
  formatDiagnostic,
  success,
  warningAt,
  type Diagnostic,
  type Result,
  type Span,
} from "./diagnostic.ts";
export {
  addDiagnostic,
  createDiagnosticList,
  listDiagnostics,
  MAX_DIAGNOSTICS,
  type DiagnosticList,
} from "./diagnostic-list.ts";
export { readNotes } from "./elf/read-notes.ts";
export { readRelocations } from "./elf/read-relocations.ts";
export { readSymbols } from "./elf/read-symbols.ts";
export { readElf } from "./elf/read.ts";
export {
  writeElf,
  type ElfModel,
  type WritableRelocation,
  type WritableSection,
  type WritableSymbol,
} from "./elf/write.ts";
export {
  FILE_TYPES,
  MACHINE_BPF,
  SECTION_FLAGS,
  SECTION_INDEXES,
  SECTION_TYPES,
  SYMBOL_BINDINGS,
  SYMBOL_TYPES,
  type ElfFile,
  type ElfNote,
  type ElfRelocation,
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
} from "./elf/types.ts";
export { OcelliError } from "./error.ts";
export { nearHint, nearNames } from "./near.ts";
export { kernelMapName } from "./object/kernel-map-name.ts";
export { linkProgram } from "./object/link.ts";
export { mapSpec } from "./object/map-spec.ts";
export { readCollection } from "./object/read.ts";
export {
  nearestSectionName,
  parseSectionName,
  SECTION_DEFINITIONS,
  type SectionDefinition,
  type SectionMeaning,
} from "./object/section-names.ts";
export { writeCollection } from "./object/write.ts";
export type {
  CollectionSpec,
  FunctionSpec,
  KconfigSpec,
  MapEntry,
  MapSpec,
  ProgramSpec,
  StructOpsSpec,
  VariableSpec,
} from "./object/spec.ts";
