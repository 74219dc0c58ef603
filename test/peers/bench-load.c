// Opens and loads an object with libbpf, COUNT times in one process; prints each time in milliseconds, in one line.
//   load OBJECT COUNT
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[2]) : 0;

	if (count == 0) {
		fprintf(stderr, "usage: load OBJECT COUNT\n");
		return 1;
	}
	for (int i = 0; i < count; i++) {
		double start = now();
		struct bpf_object *object = bpf_object__open_file(argv[1], NULL);

		if (!object || bpf_object__load(object))
			return 1;
		printf("%f ", now() - start);
		bpf_object__close(object);
	}
	printf("\n");
	return 0;
}
