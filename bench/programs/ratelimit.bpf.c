#include "common.h"

#define SECOND 1000000000ULL
struct sender_bucket {
	__u64 time, tokens;
};
const volatile __u64 rate = 1000, burst = 1000;
__u64 passed, dropped;
MAP(buckets, BPF_MAP_TYPE_LRU_HASH, __be32, struct sender_bucket, 65536);

SEC("xdp")
int onPacket(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(0x0800))
		return XDP_PASS;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	__u64 now = bpf_ktime_get_ns(), full = burst * SECOND;
	__be32 key = ip->saddr;
	struct sender_bucket *bucket = bpf_map_lookup_elem(&buckets, &key);
	if (!bucket) {
		struct sender_bucket init = { now, full };
		bpf_map_update_elem(&buckets, &key, &init, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&buckets, &key);
		if (!bucket)
			return XDP_PASS;
	}
	__u64 elapsed = now - bucket->time;
	__u64 tokens = bucket->tokens + (elapsed > SECOND ? SECOND : elapsed) * rate;
	if (tokens > full)
		tokens = full;
	bucket->time = now;
	if (tokens < SECOND) {
		bucket->tokens = tokens;
		dropped++;
		return XDP_DROP;
	}
	bucket->tokens = tokens - SECOND;
	passed++;
	return XDP_PASS;
}
