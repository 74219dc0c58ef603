/* Reads vmlinux BTF and finds five names with libbpf; prints times in ns and memory in KiB as one line of JSON. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpf/btf.h>

static const char *names[] = { "task_struct", "sk_buff", "file", "bpf_map", "vfs_read" };

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* Private memory: what is mapped from files does not count. */
static long private_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "RssAnon:", 8))
			sscanf(line + 8, "%ld", &kib);
	if (status)
		fclose(status);
	return kib;
}

int main(void)
{
	long before = private_kib(), start = now(), parsed, found;
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	int sum = 0;

	if (!btf)
		return 1;
	parsed = now();
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		sum += btf__find_by_name(btf, names[i]) > 0;
	found = now();
	printf("{\"types\":%u,\"found\":%d,\"readNs\":%ld,\"findNs\":%ld,\"kib\":%ld}\n",
	       btf__type_cnt(btf), sum, parsed - start, found - parsed, private_kib() - before);
	btf__free(btf);
	return 0;
}
