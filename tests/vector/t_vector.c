/* The store of vectors against a plain float search, over random histories, damage, other generations and two processes. */
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vector/embed.h"
#include "vector/inside.h"

#include "../tap.h"

#define ORG "0190a000-0000-7000-8000-000000000001"
enum { MOST = 6000 };

static unsigned seed = 42;
static float loud = 1; /* of the first number: some models have one that drowns the others */

static float noise(void)
{
	float sum = 0;

	for (int i = 0; i < 4; i++) {
		seed = seed * 1103515245 + 12345;
		sum += (float)(seed >> 16 & 0x7fff) / 16384.0f - 1;
	}
	return sum;
}

/* What should be in the store. */
struct model {
	int dims, n;
	struct fl_uuid id[MOST], group[MOST];
	float *values[MOST]; /* of length 1; NULL: gone */
};

static struct fl_uuid numbered(int n, unsigned char kind)
{
	struct fl_uuid u = { { kind } };

	memcpy(u.b + 4, &n, sizeof(n));
	return u;
}

static float *random_vector(struct fl_arena *a, int dims)
{
	float *v = FL_NEW_ARRAY(a, dims, float);
	double sum = 0;

	for (int i = 0; i < dims; i++) {
		v[i] = i ? noise() : noise() * loud;
		sum += (double)v[i] * (double)v[i];
	}
	for (int i = 0; i < dims; i++)
		v[i] /= (float)sqrt(sum);
	return v;
}

static struct fl_vector_put add(struct fl_arena *a, struct model *m)
{
	int i = m->n++;

	m->id[i] = numbered(i, 1);
	m->group[i] = numbered(i % 7, 2);
	m->values[i] = random_vector(a, m->dims);
	return (struct fl_vector_put){ m->id[i], m->group[i], m->values[i] };
}

static double dot(const float *a, const float *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static bool allowed(const struct model *m, int j, const struct fl_near_ask *ask)
{
	bool in = !ask->groups;

	for (int g = 0; g < ask->ngroups; g++)
		in |= memcmp(&m->group[j], &ask->groups[g], sizeof(struct fl_uuid)) == 0;
	return in && m->values[j];
}

/* How many of the k nearest by plain search are among those found; all when fewer than k exist. */
static int agree(const struct model *m, const struct fl_near_ask *ask, const struct fl_near *got, int n)
{
	int right = 0;

	for (int i = 0; i < n; i++) {
		int better = 0, at;

		memcpy(&at, got[i].id.b + 4, sizeof(at));
		if (at < 0 || at >= m->n || !m->values[at] || fabs(dot(m->values[at], ask->values, m->dims) - (double)got[i].score) > 1e-4)
			return -1;
		for (int j = 0; j < m->n; j++)
			better += allowed(m, j, ask) &&
			          dot(m->values[j], ask->values, m->dims) > (double)got[i].score + 1e-6;
		right += better < ask->k;
	}
	return right;
}

static int expected(const struct model *m, const struct fl_near_ask *ask)
{
	int n = 0;

	for (int j = 0; j < m->n; j++)
		n += allowed(m, j, ask) &&
		     dot(m->values[j], ask->values, m->dims) >= (double)ask->least;
	return n < ask->k ? n : ask->k;
}

static void history(struct fl_cx *cx, struct fl_vectors *v, int dims)
{
	struct fl_vector_key key = { ORG, fl_fmt(cx->a, "model-%d", dims), dims, 1 };
	struct model *m = FL_NEW(cx->a, struct model);
	int64_t last = 0;
	int wanted = 0, right = 0, bad = 0;

	m->dims = dims;
	for (int round = 0; round < 40 && !bad; round++) {
		struct fl_vector_put puts[160];
		int n = 0;
		float *q = random_vector(cx->a, dims);
		struct fl_uuid groups[] = { numbered(round % 7, 2), numbered(round % 7 + 1, 2), numbered(round % 7 + 9, 2) };
		struct fl_near_ask ask = { .values = q, .k = 1 + round % 30, .least = round % 5 ? -1 : 0.1f };
		struct fl_near got[FL_VECTOR_K_MAX];
		int ngot = 0;

		for (int i = 0; i < 100 + round; i++)
			puts[n++] = add(cx->a, m);
		for (int i = 0; i < 12; i++) {
			int at = (round * 37 + i * 101) % m->n;

			m->values[at] = NULL;
			puts[n++] = (struct fl_vector_put){ m->id[at], m->group[at], NULL };
		}
		if (round % 3 == 0) {
			ask.groups = groups;
			ask.ngroups = 1 + round / 3 % 3;
		}
		bad |= fl_vectors_append(cx, v, &key, puts, n, last, last + n) != FL_OK;
		last += n;
		if (round == 30)
			bad |= fl_vectors_tend(cx, v, &key) != FL_OK;
		bad |= fl_vectors_near(cx, v, &key, &ask, got, &ngot) != FL_OK || ngot > expected(m, &ask) || fl_vectors_state(cx, v, &key).last != last;
		wanted += expected(m, &ask);
		right += agree(m, &ask, got, ngot);
	}
	ok(!bad && right >= wanted * 999 / 1000, "%d dimensions: %d of %d as by plain search", dims, right, wanted);
}

/* The kernels this machine can run. */
static int kernels_here(fl_vdots **all)
{
	int n = 0;

#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		all[n++] = fl_vdots_avx2;
	if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl"))
		all[n++] = fl_vdots_vnni;
#endif
	all[n++] = fl_vdots_best();
	return n;
}

static void kernels(struct fl_cx *cx)
{
	uint8_t *v = FL_NEW_ARRAY(cx->a, 7 * 1024 + 32, uint8_t);
	int8_t *q = FL_NEW_ARRAY(cx->a, 4096, int8_t);
	fl_vdots *all[3];
	int32_t one[7], two[7];
	int n = kernels_here(all), bad = 0;

	v += (32 - (uintptr_t)v % 32) % 32;
	for (int stride = 32; stride <= 1024; stride += 32) {
		for (int i = 0; i < 7 * stride; i++)
			v[i] = stride == 1024 ? 255 : (uint8_t)((int)(noise() * 127) & 255);
		for (int i = 0; i < 4 * stride; i++)
			q[i] = stride == 1024 ? -127 : (int8_t)(noise() * 31);
		fl_vdots_plain(q, v, v, 7, stride, one);
		for (int k = 0; k < n; k++) {
			all[k](q, v, v, 7, stride, two);
			bad += memcmp(one, two, sizeof(one)) != 0;
		}
	}
	ok(bad == 0, "each fast kernel counts as the plain one, at all lengths and at the ends of the range");
}

/* MOST vectors of a kind on which few bits say little, asked for as they are drawn. */
static void hard(struct fl_cx *cx, struct fl_vectors *v, const char *name, int dims, float *(*draw)(struct fl_arena *a, int dims, int i))
{
	struct fl_vector_key key = { ORG, name, dims, 1 };
	struct fl_vector_put *puts = FL_NEW_ARRAY(cx->a, MOST, struct fl_vector_put);
	struct model *m = FL_NEW(cx->a, struct model);
	int wanted = 0, right = 0, bad = 0;

	m->dims = dims;
	m->n = MOST;
	for (int i = 0; i < MOST; i++) {
		m->id[i] = numbered(i, 1);
		m->values[i] = draw(cx->a, dims, i);
		puts[i] = (struct fl_vector_put){ m->id[i], m->group[i], m->values[i] };
	}
	bad |= fl_vectors_append(cx, v, &key, puts, MOST, 0, MOST) != FL_OK;
	for (int i = 0; i < 60; i++) {
		struct fl_near_ask ask = { .values = draw(cx->a, dims, i), .k = 10, .least = -1 };
		struct fl_near got[10];
		int n = 0;

		bad |= fl_vectors_near(cx, v, &key, &ask, got, &n) != FL_OK || n != ask.k;
		wanted += ask.k;
		right += agree(m, &ask, got, n);
	}
	ok(!bad && right >= wanted * 999 / 1000, "%s: %d of %d as by plain search", name, right, wanted);
	fl_vectors_drop(cx, v, &key);
}

static float *unit(float *v, int dims)
{
	double sum = sqrt(dot(v, v, dims));

	for (int i = 0; i < dims; i++)
		v[i] /= (float)sum;
	return v;
}

/* All within a few degrees of one direction. */
static float *nearly_alike(struct fl_arena *a, int dims, int i)
{
	float *v = random_vector(a, dims);

	(void)i;
	for (int d = 0; d < dims; d++)
		v[d] = v[d] * 0.2f + (d % 2 ? 0.05f : -0.05f);
	return unit(v, dims);
}

/* Almost one of the axes, many on each. */
static float *on_axes(struct fl_arena *a, int dims, int i)
{
	float *v = random_vector(a, dims);

	for (int d = 0; d < dims; d++)
		v[d] *= 0.001f;
	v[i % dims] += 1;
	return unit(v, dims);
}

/* The nearest come last, so that each is better than all before it. */
static float *ever_nearer(struct fl_arena *a, int dims, int i)
{
	float *v = random_vector(a, dims);

	for (int d = 0; d < dims; d++)
		v[d] += (float)i / MOST * 0.1f;
	return unit(v, dims);
}

static struct fl_vector_state filled(struct fl_cx *cx, struct fl_vectors *v, const struct fl_vector_key *key, int n)
{
	struct model *m = FL_NEW(cx->a, struct model);
	struct fl_vector_put *puts = FL_NEW_ARRAY(cx->a, n, struct fl_vector_put);

	m->dims = key->dims;
	for (int i = 0; i < n; i++)
		puts[i] = add(cx->a, m);
	if (fl_vectors_append(cx, v, key, puts, n, 0, n) != FL_OK)
		return (struct fl_vector_state){ .last = -1 };
	return fl_vectors_state(cx, v, key);
}

static void damage(struct fl_cx *cx, struct fl_vectors *v)
{
	struct fl_vector_key key = { ORG, "damaged", 64, 1 };
	struct fl_near_ask ask = { .values = random_vector(cx->a, 64), .k = 300, .least = -1 };
	struct fl_near got[FL_VECTOR_K_MAX];
	const char *path = fl_vpath(cx->a, v, &key);
	int n, fd;

	ok(filled(cx, v, &key, 300).records == 300, "300 records");
	fd = open(path, O_RDWR);
	ok(fd >= 0 && pwrite(fd, "damage", 6, FL_HEAD_BYTES + (off_t)sizeof(struct fl_vblock) + 200) == 6, "a record is damaged");
	ok(fl_vectors_near(cx, v, &key, &ask, got, &n) == FL_NOT_FOUND && access(path, F_OK) != 0, "a search that meets it says so and removes the store");
	(void)close(fd);
	ok(fl_vectors_near(cx, v, &key, &ask, got, &n) == FL_OK && n == 0, "then it is empty");
	ok(filled(cx, v, &key, 300).last == 300, "and filled again");
	fd = open(path, O_RDWR);
	ok(pwrite(fd, "x", 1, 40) == 1 && fl_vectors_state(cx, v, &key).last == 0, "a damaged header: as if it were not there");
	ok(filled(cx, v, &key, 300).last == 300, "begun anew");
	(void)close(fd);
	ok(truncate(path, 5000) == 0 && fl_vectors_state(cx, v, &key).last == 0 && filled(cx, v, &key, 20).records == 20, "cut off: begun anew");
	fd = open(path, O_RDWR);
	ok(pwrite(fd, "damage", 6, FL_HEAD_BYTES + offsetof(struct fl_vblock, meta) + 8) == 6 && fl_vectors_tend(cx, v, &key) == FL_NOT_FOUND && access(path, F_OK) != 0, "tending finds damage without a search");
	(void)close(fd);
}

static void refusals(struct fl_cx *cx, struct fl_vectors *v)
{
	struct fl_vector_key key = { ORG, "refused", 48, 1 }, next = { ORG, "refused", 48, 2 }, other = { "0190a000-0000-7000-8000-000000000002", "refused", 48, 1 },
		bad = { "../../etc", "refused", 48, 1 };
	float *zero = FL_NEW_ARRAY(cx->a, 48, float);
	struct fl_vector_put put = { numbered(1, 1), numbered(1, 2), zero };
	struct fl_near_ask ask = { .values = random_vector(cx->a, 48), .k = 5, .least = -1 };
	struct fl_near got[5];
	int n, status;

	ok(filled(cx, v, &key, 10).last == 10, "ten records");
	ok(fl_vectors_append(cx, v, &key, &put, 0, 7, 12) == FL_CONFLICT, "a gap in the log is refused");
	ok(fl_vectors_append(cx, v, &key, &put, 1, 10, 11) == FL_OK && fl_vectors_state(cx, v, &key).records == 10, "a vector without direction is left out");
	zero[0] = NAN;
	ok(fl_vectors_append(cx, v, &key, &put, 1, 11, 12) == FL_OK && fl_vectors_state(cx, v, &key).records == 10, "and one that is no number");
	ask.values = zero;
	ok(fl_vectors_near(cx, v, &key, &ask, got, &n) == FL_INVALID, "neither can be asked for");
	ask.values = random_vector(cx->a, 48);
	ok(fl_vectors_near(cx, v, &other, &ask, got, &n) == FL_OK && n == 0, "another organisation has none");
	ok(fl_vectors_append(cx, v, &bad, &put, 0, 0, 1) == FL_INVALID, "an organisation that is no id is none");
	ok(fl_vectors_near(cx, v, &next, &ask, got, &n) == FL_OK && n == 0, "vectors of another generation are not compared");
	ok(filled(cx, v, &next, 3).records == 3 && fl_vectors_near(cx, v, &next, &ask, got, &n) == FL_OK && n == 3, "the new generation takes its place");
	if (fork() == 0) {
		struct fl_vectors *theirs = fl_vectors_new(cx->a, fl_fmt(cx->a, "%s", getenv("FL_TEST_DIR")));

		_exit(fl_vectors_near(cx, theirs, &next, &ask, got, &n) == FL_OK && n == 3 ? 0 : 1);
	}
	ok(wait(&status) > 0 && status == 0, "another process finds the same");
}

static void words(struct fl_cx *cx)
{
	static const char *const texts[] = { "The tenant pays the deposit before moving into the warehouse.", "The tenants have paid deposits for the warehouses",
		"Boiler maintenance is due every spring, says the technician.", "", "the of and" };
	float v[5][FL_EMBED_DIMS];

	for (int i = 0; i < 5; i++)
		fl_embed(cx->a, fl_str(texts[i]), v[i]);
	ok(fabs(dot(v[0], v[0], FL_EMBED_DIMS) - 1) < 1e-5, "an embedding has length 1");
	ok(dot(v[0], v[1], FL_EMBED_DIMS) > 0.3 && dot(v[0], v[2], FL_EMBED_DIMS) < 0.2, "inflected words are near (%.2f), others are not (%.2f)",
	   dot(v[0], v[1], FL_EMBED_DIMS), dot(v[0], v[2], FL_EMBED_DIMS));
	ok(dot(v[3], v[3], FL_EMBED_DIMS) == 0 && dot(v[4], v[4], FL_EMBED_DIMS) == 0, "no words, no direction");
}

static int gone(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int main(void)
{
	static char dir[] = "t_vector.XXXXXX";
	struct fl_arena *a = fl_arena_new((size_t)1 << 30);
	struct fl_vectors *v;
	struct fl_cx cx;

	fl_cx_init(&cx, a, NULL, "", 600);
	if (!mkdtemp(dir) || setenv("FL_TEST_DIR", dir, 1) != 0)
		return 1;
	v = fl_vectors_new(a, dir);
	kernels(&cx);
	history(&cx, v, 33);
	history(&cx, v, 384);
	history(&cx, v, 1);
	loud = 20;
	history(&cx, v, 100);
	loud = 1;
	hard(&cx, v, "nearly alike", 384, nearly_alike);
	hard(&cx, v, "on axes", 96, on_axes);
	hard(&cx, v, "ever nearer", 200, ever_nearer);
	damage(&cx, v);
	refusals(&cx, v);
	words(&cx);
	fl_arena_free(a);
	(void)nftw(dir, gone, 8, FTW_DEPTH | FTW_PHYS);
	return done();
}
