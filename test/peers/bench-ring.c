// Drains the ring buffer map whose descriptor it inherits, with libbpf, once per line on standard input; reads every
// record's first word. Prints records, nanoseconds, and the sum of the words.
//   ring MAP_FD
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t records, sum;

static int on_record(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	records++;
	sum += *(volatile uint32_t *)data;
	return 0;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring = argc == 2 ? ring_buffer__new(atoi(argv[1]), on_record, NULL, NULL) : NULL;

	if (!ring) {
		fprintf(stderr, "usage: ring MAP_FD\n");
		return 1;
	}
	while (getchar() != EOF) {
		uint64_t start, end;

		records = sum = 0;
		start = now();
		if (ring_buffer__consume(ring) < 0)
			return 1;
		end = now();
		printf("{\"records\":%" PRIu64 ",\"ns\":%" PRIu64 ",\"sum\":%" PRIu64 "}\n", records, end - start, sum);
		fflush(stdout);
	}
	ring_buffer__free(ring);
	return 0;
}
