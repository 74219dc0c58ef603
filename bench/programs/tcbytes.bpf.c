#include "common.h"

struct traffic_sum {
	__u64 packets, bytes;
};
MAP(traffic, BPF_MAP_TYPE_PERCPU_HASH, __u16, struct traffic_sum, 256);

SEC("tc")
int onPacket(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u16 protocol = (void *)(eth + 1) > end ? 0 : bpf_ntohs(eth->h_proto);
	struct traffic_sum *total = bpf_map_lookup_elem(&traffic, &protocol);
	if (!total) {
		struct traffic_sum zero = {};
		bpf_map_update_elem(&traffic, &protocol, &zero, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&traffic, &protocol);
	}
	if (total) {
		total->packets++;
		total->bytes += ctx->len;
	}
	return 0;
}
