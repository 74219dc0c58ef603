#include "common.h"

const volatile __u16 port = 8080;
MAP(dropped, BPF_MAP_TYPE_LRU_HASH, __be32, __u64, 10240);

SEC("xdp")
int onPacket(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(0x0800))
		return XDP_PASS;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end || (ip->protocol != 6 && ip->protocol != 17))
		return XDP_PASS;
	int skip = (ip->ihl - 5) * 4;
	if (skip < 0)
		return XDP_PASS;
	struct udphdr *ports = (void *)(ip + 1) + skip;
	if ((void *)(ports + 1) > end || bpf_ntohs(ports->dest) != port)
		return XDP_PASS;
	__be32 key = ip->saddr;
	__u64 *count = bpf_map_lookup_elem(&dropped, &key);
	if (!count) {
		__u64 zero = 0;
		bpf_map_update_elem(&dropped, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&dropped, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_DROP;
}
