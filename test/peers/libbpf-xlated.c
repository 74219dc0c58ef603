// What the kernel keeps of an object that libbpf loads: prints the instructions of every program as the verifier rewrote
// them. Programs that need a BPF trampoline are left out, as some kernels refuse those.
//
//   program NAME HEX        for each program
//   failed ERRNO            when the object did not load
//
// Built by peerPath() of the testkit.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int needs_trampoline(struct bpf_program *program)
{
	enum bpf_attach_type attach = bpf_program__expected_attach_type(program);
	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_EXT:
		return 1;
	case BPF_PROG_TYPE_TRACING:
		return attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_MODIFY_RETURN;
	default:
		return 0;
	}
}

int main(int argc, char **argv)
{
	libbpf_set_print(quiet);
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return 1;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !needs_trampoline(program));
	// Maps whose size the tool decides at run time.
	struct bpf_map *map;
	bpf_object__for_each_map(map, object) {
		if (bpf_map__max_entries(map) == 0)
			bpf_map__set_max_entries(map, 1024);
		if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE && bpf_map__value_size(map) == 0)
			bpf_map__set_value_size(map, 127 * 8);
	}
	int error = bpf_object__load(object);
	if (error) {
		printf("failed %d\n", -error);
		return 0;
	}
	bpf_object__for_each_program(program, object) {
		int fd = bpf_program__fd(program);
		if (fd < 0)
			continue;
		struct bpf_prog_info info = {};
		__u32 length = sizeof(info);
		if (bpf_obj_get_info_by_fd(fd, &info, &length))
			return 2;
		__u32 size = info.xlated_prog_len;
		unsigned char *bytes = malloc(size);
		info = (struct bpf_prog_info){ .xlated_prog_len = size, .xlated_prog_insns = (unsigned long)bytes };
		length = sizeof(info);
		if (bpf_obj_get_info_by_fd(fd, &info, &length))
			return 3;
		printf("program %s ", bpf_program__name(program));
		for (__u32 i = 0; i < size; i++)
			printf("%02x", bytes[i]);
		printf("\n");
		free(bytes);
	}
	bpf_object__close(object);
	return 0;
}
