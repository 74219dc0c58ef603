#include "common.h"

struct ended {
	__u32 pid, parent;
	int code;
	__u64 age;
	char comm[16];
};
RING(ended, 256 * 1024);

SEC("tp_btf/sched_process_exit")
int BPF_PROG(onExit, struct task_struct *task)
{
	__u64 id = bpf_get_current_pid_tgid();
	if (id >> 32 != (__u32)id)
		return 0;
	struct ended *e = bpf_ringbuf_reserve(&ended, sizeof(*e), 0);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = id >> 32;
	e->parent = task->real_parent->tgid;
	e->code = task->exit_code;
	e->age = bpf_ktime_get_ns() - task->start_time;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
