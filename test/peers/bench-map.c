// Answers each line `CASE COUNT` with the nanoseconds that the case took. Descriptor 3 is a hash map with keys of 4 and
// values of 8 bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>

enum { MAP = 3, ENTRIES = 10000 };

static unsigned keys[ENTRIES];
static unsigned long long values[ENTRIES];

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void batch(void)
{
	unsigned in, out, total = 0;
	int first = 1, error;
	do {
		unsigned count = ENTRIES;
		error = bpf_map_lookup_batch(MAP, first ? NULL : &in, &out, keys, values, &count, NULL);
		total += count;
		in = out;
		first = 0;
	} while (!error);
	if (total != ENTRIES) {
		fprintf(stderr, "batch read %u entries\n", total);
		exit(1);
	}
}

int main(void)
{
	char name[16];
	unsigned count;
	while (scanf("%15s %u", name, &count) == 2) {
		unsigned long long value = 0;
		long long start = now();
		for (unsigned i = 0; i < count; i++) {
			unsigned key = i % ENTRIES;
			if (!strcmp(name, "batch"))
				batch();
			else if (!strcmp(name, "update") ? bpf_map_update_elem(MAP, &key, &value, 0)
							 : bpf_map_lookup_elem(MAP, &key, &value)) {
				perror(name);
				return 1;
			}
		}
		printf("%lld\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
