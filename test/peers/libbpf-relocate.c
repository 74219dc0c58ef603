// What libbpf makes of an object: opens it, loads it, against other BTF if a second file is named, and prints the
// instructions of every program as they are after relocation, whatever the verifier thought of them.
//
//   program NAME HEX        for each program
//   failed ERRNO            when libbpf gave up before the verifier saw a program
//   note TEXT               its warnings
//
// Built by peerPath() of the testkit.
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int relocated = 1;

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[4096];
	vsnprintf(line, sizeof(line), format, args);
	if (level == LIBBPF_WARN) {
		if (strstr(line, "failed to perform CO-RE relocations") || strstr(line, "failed to relocate:") ||
		    strstr(line, "failed to create:"))
			relocated = 0;
		if (!strstr(line, "BEGIN PROG LOAD LOG"))
			printf("note %.*s\n", (int)strcspn(line, "\n"), line);
	}
	return 0;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = argc > 2 ? argv[2] : NULL);
	libbpf_set_print(print);
	struct bpf_object *object = bpf_object__open_file(argv[1], &options);
	if (!object)
		return 1;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, true);
	// Maps whose size the tool decides at run time.
	struct bpf_map *map;
	bpf_object__for_each_map(map, object) {
		if (bpf_map__max_entries(map) == 0)
			bpf_map__set_max_entries(map, 1024);
		if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE && bpf_map__value_size(map) == 0)
			bpf_map__set_value_size(map, 127 * 8);
	}
	int error = bpf_object__load(object);
	if (error && !relocated) {
		printf("failed %d\n", -error);
		return 0;
	}
	bpf_object__for_each_program(program, object) {
		const unsigned char *bytes = (const unsigned char *)bpf_program__insns(program);
		size_t size = bpf_program__insn_cnt(program) * sizeof(struct bpf_insn);
		printf("program %s ", bpf_program__name(program));
		for (size_t i = 0; i < size; i++)
			printf("%02x", bytes[i]);
		printf("\n");
	}
	bpf_object__close(object);
	return 0;
}
