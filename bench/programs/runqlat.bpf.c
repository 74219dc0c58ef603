#include "common.h"

const volatile int thread = 0;
MAP(queued, BPF_MAP_TYPE_LRU_HASH, int, __u64, 65536);
MAP(waits, BPF_MAP_TYPE_ARRAY, __u32, __u64, 65);

static __always_inline void enqueue(int id)
{
	if (id == 0 || (thread != 0 && thread != id))
		return;
	__u64 now = bpf_ktime_get_ns();
	bpf_map_update_elem(&queued, &id, &now, 0);
}

static __always_inline __u32 slot_of(__u64 v)
{
	__u32 slot = 0;
	if (v > 0xffffffff) { v >>= 32; slot += 32; }
	if (v > 0xffff) { v >>= 16; slot += 16; }
	if (v > 0xff) { v >>= 8; slot += 8; }
	if (v > 0xf) { v >>= 4; slot += 4; }
	if (v > 3) { v >>= 2; slot += 2; }
	if (v > 1) { v >>= 1; slot += 1; }
	return slot + v;
}

SEC("tracepoint/sched/sched_wakeup")
int onWakeup(struct trace_event_raw_sched_wakeup_template *ctx)
{
	enqueue(ctx->pid);
	return 0;
}

SEC("tracepoint/sched/sched_wakeup_new")
int onWakeupNew(struct trace_event_raw_sched_wakeup_template *ctx)
{
	enqueue(ctx->pid);
	return 0;
}

SEC("tracepoint/sched/sched_switch")
int onSwitch(struct trace_event_raw_sched_switch *ctx)
{
	if ((ctx->prev_state & 0xff) == 0)
		enqueue(ctx->prev_pid);
	int next = ctx->next_pid;
	__u64 *start = bpf_map_lookup_elem(&queued, &next);
	if (!start)
		return 0;
	__u32 slot = slot_of((bpf_ktime_get_ns() - *start) / 1000);
	__u64 *count = bpf_map_lookup_elem(&waits, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	bpf_map_delete_elem(&queued, &next);
	return 0;
}
