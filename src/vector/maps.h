/* What a process keeps of the stores it has mapped. */
#ifndef FL_VECTOR_MAPS_H
#define FL_VECTOR_MAPS_H

#include "vector/inside.h"

struct fl_vslot {
	char path[512];
	uint64_t inode;
	int64_t used; /* by the clock of the stores; 0: free */
	struct fl_vmap map;
};

struct fl_vectors {
	const char *dir;
	fl_vdots *dots;
	int64_t clock;
	struct fl_vslot slots[FL_VECTOR_STORES];
};

#endif
