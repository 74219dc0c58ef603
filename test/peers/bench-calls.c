// Makes a system call many times, once per line on standard input, and prints the nanoseconds of one round:
//   getpid | open (open and close of /dev/null) | read (one byte of /dev/zero) | connect (refused, on loopback)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	int zero = open("/dev/zero", O_RDONLY);
	char line[64], byte;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char what[16];
		long times = 0;
		uint64_t start;

		if (sscanf(line, "%15s %ld", what, &times) != 2)
			return 2;
		start = now();
		for (long i = 0; i < times; i++) {
			if (strcmp(what, "getpid") == 0)
				syscall(SYS_getpid);
			else if (strcmp(what, "open") == 0)
				close(open("/dev/null", O_RDONLY));
			else if (strcmp(what, "read") == 0)
				(void)!read(zero, &byte, 1);
			else {
				int fd = socket(AF_INET, SOCK_STREAM, 0);

				connect(fd, (struct sockaddr *)&address, sizeof(address));
				close(fd);
			}
		}
		printf("%.1f\n", (double)(now() - start) / times);
		fflush(stdout);
	}
	return 0;
}
