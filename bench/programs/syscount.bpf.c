#include "common.h"

struct call_start {
	__u64 time;
	__u32 number;
};
struct call_total {
	__u64 count, time;
};
const volatile __u32 process = 0;
MAP(starts, BPF_MAP_TYPE_LRU_HASH, __u32, struct call_start, 65536);
MAP(totals, BPF_MAP_TYPE_HASH, __u32, struct call_total, 1024);

SEC("tracepoint/raw_syscalls/sys_enter")
int onEnter(struct trace_event_raw_sys_enter *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	if (process != 0 && process != id >> 32)
		return 0;
	__u32 tid = id;
	struct call_start start = {};
	start.time = bpf_ktime_get_ns();
	start.number = ctx->id;
	bpf_map_update_elem(&starts, &tid, &start, 0);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int onExit(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call_start *start = bpf_map_lookup_elem(&starts, &tid);
	if (!start)
		return 0;
	__u64 time = start->time;
	__u32 number = start->number;
	bpf_map_delete_elem(&starts, &tid);
	struct call_total *total = bpf_map_lookup_elem(&totals, &number);
	if (!total) {
		struct call_total zero = {};
		bpf_map_update_elem(&totals, &number, &zero, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&totals, &number);
		if (!total)
			return 0;
	}
	total->count++;
	total->time += bpf_ktime_get_ns() - time;
	return 0;
}
