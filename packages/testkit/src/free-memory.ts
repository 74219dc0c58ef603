import koffi from "koffi";

/**
 * Gives back to the system what malloc holds without a user, so that the memory of a process says what is in use. V8's
 * compiler threads need up to 16 MB at a time, and glibc keeps that for the next time (malloc_trim(3)).
 */
export function releaseFreeMemory(): void {
  koffi.load("libc.so.6").func("int malloc_trim(size_t)")(0);
}
