// What the C programs of the compiler's benchmark share. vmlinux.h is written from the running kernel's types.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MAP(name, kind, k, v, entries)          \
	struct {                                \
		__uint(type, kind);             \
		__uint(max_entries, entries);   \
		__type(key, k);                 \
		__type(value, v);               \
	} name SEC(".maps")

#define RING(name, bytes)                                \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_RINGBUF);      \
		__uint(max_entries, bytes);              \
	} name SEC(".maps")

char LICENSE[] SEC("license") = "GPL";
