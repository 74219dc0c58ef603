// Filled in by the files that `ocelli btf types` writes: each declares this module again and adds the hooks that a project names.

/** Tracepoints by `category/name`, with the fields of their contexts. */
export interface Tracepoints {}

/** Kernel functions by name, for `fentry()`, `fexit()`, `fmodRet()`, `kprobe()` and `kretprobe()`. */
export interface KernelFunctions {}

/** Tracepoints that give their arguments with their types, by name, for `tpBtf()`. */
export interface BtfTracepoints {}

/** Hooks of the security modules by name, for `lsm()`. */
export interface LsmHooks {}

/** What iterators give their programs, by name, for `iter()`. */
export interface Iterators {}

/** Structs of the kernel by name, for `kernelStruct()`. */
export interface KernelStructs {}
