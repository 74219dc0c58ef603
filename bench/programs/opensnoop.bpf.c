#include "common.h"

struct open_call {
	__u64 file;
	__u32 flags;
};
struct opened {
	__u64 time;
	__u32 pid, uid;
	int result;
	__u32 flags;
	char comm[16], file[256];
};
const volatile __u32 process = 0, failed = 0;
MAP(calls, BPF_MAP_TYPE_HASH, __u32, struct open_call, 10240);
RING(opened, 1024 * 1024);

static __always_inline void enter(__u64 file, __u32 flags)
{
	__u64 id = bpf_get_current_pid_tgid();
	if (process != 0 && process != id >> 32)
		return;
	__u32 tid = id;
	struct open_call call = {};
	call.file = file;
	call.flags = flags;
	bpf_map_update_elem(&calls, &tid, &call, 0);
}

static __always_inline void leave(int result)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;
	struct open_call *call = bpf_map_lookup_elem(&calls, &tid);
	if (!call)
		return;
	if (failed == 0 || result < 0) {
		struct opened *e = bpf_ringbuf_reserve(&opened, sizeof(*e), 0);
		if (e) {
			__builtin_memset(e, 0, sizeof(*e));
			e->time = bpf_ktime_get_ns();
			e->pid = id >> 32;
			e->uid = bpf_get_current_uid_gid();
			e->result = result;
			e->flags = call->flags;
			bpf_get_current_comm(e->comm, sizeof(e->comm));
			bpf_probe_read_user_str(e->file, sizeof(e->file), (void *)call->file);
			bpf_ringbuf_submit(e, 0);
		}
	}
	bpf_map_delete_elem(&calls, &tid);
}

SEC("tracepoint/syscalls/sys_enter_open")
int enterOpen(struct trace_event_raw_sys_enter *ctx)
{
	enter(ctx->args[0], ctx->args[1]);
	return 0;
}
SEC("tracepoint/syscalls/sys_enter_openat")
int enterOpenat(struct trace_event_raw_sys_enter *ctx)
{
	enter(ctx->args[1], ctx->args[2]);
	return 0;
}
SEC("tracepoint/syscalls/sys_enter_openat2")
int enterOpenat2(struct trace_event_raw_sys_enter *ctx)
{
	enter(ctx->args[1], 0);
	return 0;
}
SEC("tracepoint/syscalls/sys_exit_open")
int exitOpen(struct trace_event_raw_sys_exit *ctx)
{
	leave(ctx->ret);
	return 0;
}
SEC("tracepoint/syscalls/sys_exit_openat")
int exitOpenat(struct trace_event_raw_sys_exit *ctx)
{
	leave(ctx->ret);
	return 0;
}
SEC("tracepoint/syscalls/sys_exit_openat2")
int exitOpenat2(struct trace_event_raw_sys_exit *ctx)
{
	leave(ctx->ret);
	return 0;
}
