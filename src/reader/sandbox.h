/* The cage of a reader of foreign files (promises.md, 32). */
#ifndef FL_READER_SANDBOX_H
#define FL_READER_SANDBOX_H

#include "base/cx.h"

enum { FL_SANDBOX_CPU_S = 20 };

/* Limits this process for good: 512 MiB of memory, cpu_s seconds of CPU, no core file, and by seccomp only reading, writing and memory.
 * Opening any file is refused; sockets, new processes and programs end the process with SIGSYS, and it signals none but itself. What is refused is written
 * down (refused.h). To be called once all that is needed is loaded. FL_BUG when the system does not let us. */
enum fl_rc fl_sandbox_enter(struct fl_cx *cx, int cpu_s) FL_USE;

/* The same, but files beneath `folders` (ended by NULL) may be read where the kernel can hold a process to that (Landlock); where it cannot, none. */
enum fl_rc fl_sandbox_enter_with(struct fl_cx *cx, int cpu_s, const char *const *folders) FL_USE;

#endif
