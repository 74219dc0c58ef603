export { btfSupport } from "./collection/btf-support.ts";
export { loadBtf } from "./collection/btf.ts";
export { Collection, CollectionVariable, type CollectionParts } from "./collection/collection.ts";
export {
  fillKconfig,
  parseConfiguration,
  readConfiguration,
  type KernelConfiguration,
} from "./collection/kconfig.ts";
export {
  dropKernelTypes,
  kernelTypes,
  openModuleBtf,
  type KernelTypes,
  type ModuleTypes,
} from "./collection/kernel-types.ts";
export { loadCollection, type LoadCollectionOptions } from "./collection/load.ts";
export type { ProgramTarget } from "./collection/programs.ts";
export type { VariableValue } from "./collection/variables.ts";
export { parseCpuList, possibleCpus } from "./cpu.ts";
export { LinuxError, type LinuxErrorCode } from "./error.ts";
export { Fd } from "./fd.ts";
export type { ProbeAnswer } from "./feature/answer.ts";
export { probeHelper, probeHelpers } from "./feature/probe-helpers.ts";
export type { InstructionFeature } from "./feature/probe-instructions.ts";
export { probeFeatures, type ProbedFeatures } from "./feature/probe.ts";
export {
  FEATURES,
  compareReleases,
  minimumKernel,
  type Feature,
  type FeatureRow,
} from "./feature/table.ts";
export { kernelAddresses } from "./kernel-symbols.ts";
export type { Anchor, AnchorTarget, OrderOptions } from "./link/anchor.ts";
export { attach, type AttachOptions } from "./link/attach.ts";
export { attachCgroup, type CgroupOptions } from "./link/cgroup.ts";
export { attachClsact, type ClsactOptions } from "./link/clsact.ts";
export { attachFreplace, type FreplaceOptions } from "./link/freplace.ts";
export type { LinkGroup } from "./link/group.ts";
export type { LinkInfo } from "./link/info.ts";
export {
  attachIterator,
  readIterator,
  readIteratorBytes,
  type IteratorOptions,
} from "./link/iterator.ts";
export { attachKprobeMulti, type KprobeMultiOptions } from "./link/kprobe-multi.ts";
export {
  attachKprobe,
  attachKsyscall,
  type KprobeOptions,
  type KsyscallOptions,
} from "./link/kprobe.ts";
export type { Link, LinkKind } from "./link/link.ts";
export { attachLirc, type LircOptions } from "./link/lirc.ts";
export { attachNetfilter, type NetfilterOptions } from "./link/netfilter.ts";
export { attachNetkit, type NetkitOptions } from "./link/netkit.ts";
export { attachFlowDissector, attachSkLookup, type NetnsOptions } from "./link/netns.ts";
export { linkIds, openLinkById, openPinnedLink } from "./link/open.ts";
export type { PerfBinding } from "./link/perf-event.ts";
export { queryPrograms, type Hook, type HookState, type HookedProgram } from "./link/query.ts";
export { attachRawTracepoint, type RawTracepointOptions } from "./link/raw-tracepoint.ts";
export { attachPerfEvent, type PerfEventName, type SamplingOptions } from "./link/sampling.ts";
export { attachSocketFilter, type SocketFilterOptions } from "./link/socket-filter.ts";
export { attachSockmap, type SockmapOptions } from "./link/sockmap.ts";
export { attachStructOps } from "./link/struct-ops.ts";
export { sweepLeftovers } from "./link/sweep.ts";
export { attachTcx, type TcxOptions } from "./link/tcx.ts";
export { readTracepointFormat } from "./link/tracepoint-format.ts";
export { attachTracepoint, type TracepointOptions } from "./link/tracepoint.ts";
export { attachLsm, attachTracing, type TracingOptions } from "./link/tracing.ts";
export { attachUprobeMulti, type UprobeMultiOptions } from "./link/uprobe-multi.ts";
export { attachUprobe, type UprobeOptions } from "./link/uprobe.ts";
export type { UsdtArgument } from "./link/usdt-arguments.ts";
export type { UsdtProbe } from "./link/usdt-notes.ts";
export { attachUsdt, listUsdtProbes, type UsdtOptions, type UsdtPlace } from "./link/usdt.ts";
export { attachXdp, type XdpOptions } from "./link/xdp.ts";
export {
  BatchCursor,
  BatchError,
  deleteBatch,
  lookupAndDeleteBatch,
  lookupBatch,
  updateBatch,
} from "./map/batch.ts";
export { codecFromBtf, type BtfCodecOptions } from "./map/btf-codec.ts";
export { network4, network6 } from "./map/cidr.ts";
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
export { indexKey, objectIdAt, openInnerMap, putObject, type Holdable } from "./map/descriptors.ts";
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
  i53,
  i64,
  i8,
  perCpu,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "./map/schema.ts";
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
  findInterface,
  listInterfaces,
  setInterfaceUp,
  type NetworkInterface,
} from "./netlink/interface.ts";
export {
  listFilters,
  listQdiscs,
  type Qdisc,
  type TcDirection,
  type TcFilter,
} from "./netlink/tc.ts";
export { getXdp, type XdpMode, type XdpState } from "./netlink/xdp.ts";
export {
  describePermission,
  explainPermission,
  permissionFacts,
  type Capability,
  type PermissionFacts,
  type PermissionLimits,
} from "./permission.ts";
export { BPFFS, isBpffs, mountBpffs, pinPath } from "./pin/bpffs.ts";
export { objectKind, type ObjectKind } from "./pin/kind.ts";
export { openPinned, pinObject, unpin, type Access, type PinOptions } from "./pin/pin.ts";
export { openOrCreatePinned, type PinnedMap, type PinnedMapOptions } from "./pin/pinned-map.ts";
export { walkPinned, type PinnedObject } from "./pin/walk.ts";
export type { Kernel, Mapping, SyscallArgument, SyscallName } from "./port/kernel.ts";
export { openKernel } from "./port/koffi.ts";
export { kernelIds, openById, openProgramById, type KernelObject } from "./program/ids.ts";
export { compiledCode, programInfo, translatedCode, type ProgramInfo } from "./program/info.ts";
export { loadProgram } from "./program/load.ts";
export type { ProgramLoad } from "./program/program-load.ts";
export { Program, type ProgramFacts } from "./program/program.ts";
export { run, type RunOptions, type RunResult } from "./program/run.ts";
export { enableStatistics } from "./program/statistics.ts";
export { readStream } from "./program/stream.ts";
export { createToken } from "./program/token.ts";
export type { LoggedInstruction, VerifierBlock, VerifierStep } from "./program/verifier-block.ts";
export {
  VerifierError,
  type RefusedProgram,
  type VerifierFormat,
} from "./program/verifier-error.ts";
export { readVerifierLog, type LoggedSource, type VerifierReport } from "./program/verifier-log.ts";
export { explainVerdict, type VerifierReason } from "./program/verifier-reason.ts";
export { mapLossCounter, type LossCounter } from "./reader/loss-counter.ts";
export {
  createPerfReader,
  openPerfReader,
  PerfReader,
  type PerfReaderOptions,
  type PerfStatistics,
} from "./reader/perf-reader.ts";
export type { OnPerfLost, OnPerfRecord } from "./reader/perf-ring.ts";
export {
  recordMemory,
  type ReadonlyNumbers,
  type RecordMemory,
  type RecordView,
} from "./reader/record-memory.ts";
export { RingMemory, type OnRecord, type RecordLease } from "./reader/ring-memory.ts";
export {
  RingReader,
  createRingReader,
  openRingReader,
  type RingReaderOptions,
  type RingStatistics,
} from "./reader/ring-reader.ts";
export {
  copiedRecords,
  leasedRecords,
  type LeasedRecord,
  type RingRecordsOptions,
} from "./reader/ring-records.ts";
export { openUserRing, UserRing, type UserRingRecord } from "./reader/user-ring.ts";
