#include "common.h"

struct connect {
	__u32 pid, uid;
	__u16 family;
	__be16 port;
	__be32 from, to;
	__u8 from6[16], to6[16];
	char comm[16];
};
RING(connects, 256 * 1024);

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(onState, struct sock *sk, int before, int now)
{
	if (now != 2)
		return 0;
	__u16 family = sk->__sk_common.skc_family;
	struct connect *e = bpf_ringbuf_reserve(&connects, sizeof(*e), 0);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->family = family;
	e->port = sk->__sk_common.skc_dport;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (family == 2) {
		e->from = sk->__sk_common.skc_rcv_saddr;
		e->to = sk->__sk_common.skc_daddr;
	} else {
		bpf_probe_read_kernel(e->from6, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(e->to6, 16, &sk->__sk_common.skc_v6_daddr);
	}
	bpf_ringbuf_submit(e, 0);
	return 0;
}
