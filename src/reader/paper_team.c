/* OpenMP for one thread, in place of libgomp's: Tesseract opens a team for each step of its network, and a team of one tells nobody that it is done by 120,000
 * system calls a page, 7 % of its time. These are the calls of libgomp's interface that Tesseract makes (GCC 4.9 and later). */
#define SHOWN __attribute__((visibility("default")))

void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags) SHOWN;
void GOMP_parallel_sections(void (*fn)(void *), void *data, unsigned threads, unsigned count, unsigned flags) SHOWN;
unsigned GOMP_sections_next(void) SHOWN;
void GOMP_sections_end_nowait(void) SHOWN;
int omp_get_num_threads(void) SHOWN;
int omp_get_thread_num(void) SHOWN;

/* Of the team at work that are still to be done; sections do not open sections. */
static unsigned sections;

void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags)
{
	(void)threads;
	(void)flags;
	fn(data);
}

void GOMP_parallel_sections(void (*fn)(void *), void *data, unsigned threads, unsigned count, unsigned flags)
{
	(void)threads;
	(void)flags;
	sections = count;
	fn(data);
}

unsigned GOMP_sections_next(void)
{
	return sections ? sections-- : 0;
}

void GOMP_sections_end_nowait(void)
{
}

int omp_get_num_threads(void)
{
	return 1;
}

int omp_get_thread_num(void)
{
	return 0;
}
