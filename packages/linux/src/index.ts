export { parseCpuList, possibleCpus } from "./cpu.ts";
export { LinuxError, type LinuxErrorCode } from "./error.ts";
export { Fd } from "./fd.ts";
export {
  FEATURES,
  compareReleases,
  minimumKernel,
  type Feature,
  type FeatureRow,
} from "./feature/table.ts";
export {
  BatchCursor,
  BatchError,
  deleteBatch,
  lookupAndDeleteBatch,
  lookupBatch,
  updateBatch,
} from "./map/batch.ts";
export { decodeValue, encodeValue, type Codec, type CodecValue } from "./map/codec.ts";
export {
  MapMismatchError,
  compareMaps,
  formatDifferences,
  type MapDifference,
} from "./map/compare.ts";
export {
  createMap,
  kernelObjectName,
  resolveMaxEntries,
  type CreateMapOptions,
} from "./map/create.ts";
export type { ElementPort } from "./map/element-port.ts";
export {
  BPF_ANY,
  BPF_EXIST,
  BPF_F_ALL_CPUS,
  BPF_F_CPU,
  BPF_F_LOCK,
  BPF_NOEXIST,
  MAP_FLAGS,
} from "./map/flags.ts";
export { mapInfo, type MapInfo } from "./map/info.ts";
export { entryBatches, mapEntries, mapKeys, type EntryBatch } from "./map/iterate.ts";
export { BpfMap } from "./map/map.ts";
export { MappedMemory, MemoryLease, arrayMemorySize, mapArena, mapArray } from "./map/memory.ts";
export { mapIds, openMapById, openPinnedMap } from "./map/open.ts";
export {
  array,
  be16,
  be32,
  bool,
  bytes,
  char,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  perCpu,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "./map/schema.ts";
export { mapSpec } from "./map/spec.ts";
export { record, struct, type FieldCodec, type StructValue } from "./map/struct.ts";
export { typedMap, type TypedMap } from "./map/typed-map.ts";
export {
  openAtomic32,
  openAtomic64,
  openVariable,
  type AtomicVariable,
  type Variable,
  type VariablePlace,
} from "./map/variable.ts";
export { liftMemlock } from "./memlock.ts";
export {
  describePermission,
  explainPermission,
  permissionFacts,
  type PermissionFacts,
} from "./permission.ts";
export { BPFFS, isBpffs, mountBpffs, pinPath } from "./pin/bpffs.ts";
export { openPinned, pinObject, unpin, type Access, type PinOptions } from "./pin/pin.ts";
export { openOrCreatePinned, type PinnedMap, type PinnedMapOptions } from "./pin/pinned-map.ts";
export { walkPinned, type PinnedObject } from "./pin/walk.ts";
export type { Kernel, Mapping, SyscallArgument, SyscallName } from "./port/kernel.ts";
export { openKernel } from "./port/koffi.ts";
export { loadProgram, type ProgramLoad } from "./program/load.ts";
export { Program, type ProgramFacts } from "./program/program.ts";
export type { VerifierBlock, VerifierStep } from "./program/verifier-block.ts";
export {
  VerifierError,
  type RefusedProgram,
  type VerifierFormat,
} from "./program/verifier-error.ts";
export {
  readVerifierLog,
  type LoggedInstruction,
  type LoggedSource,
  type VerifierReport,
} from "./program/verifier-log.ts";
export { explainVerdict, type VerifierReason } from "./program/verifier-reason.ts";
