/* A model as bytes: a head of fixed size, then the label ids, biases, weights and near cases, in this machine's byte order, which the head's
 * first number tells. Only bytes of the very length the head implies are taken. */
#include <math.h>

#include "base/buf.h"
#include "llm/model.h"

enum { FORM = 0x464c4d31 }; /* "FLM1" */

struct head {
	uint32_t form, nlabels, ncases, nnear;
	float scale, foreign_below;
	double margin, best, bias;
};

static size_t weights_size(uint32_t nlabels)
{
	return (size_t)FL_BUCKETS * nlabels * sizeof(int16_t);
}

struct fl_str fl_learner_save(struct fl_arena *a, const struct fl_learner *m)
{
	struct head h = { FORM, (uint32_t)m->nlabels, (uint32_t)m->ncases, (uint32_t)m->nnear, m->scale, m->foreign_below, m->platt.margin, m->platt.best,
		          m->platt.bias };
	struct fl_buf b = fl_buf(a, (size_t)64 << 20);

	fl_buf_add(&b, (const char *)&h, sizeof(h));
	fl_buf_add(&b, (const char *)m->id, sizeof(m->id[0]) * h.nlabels);
	fl_buf_add(&b, (const char *)m->bias, sizeof(m->bias[0]) * h.nlabels);
	fl_buf_add(&b, (const char *)m->weight, weights_size(h.nlabels));
	fl_buf_add(&b, (const char *)m->near, sizeof(m->near[0]) * h.nnear);
	return fl_buf_get(&b);
}

static const char *take(const char *from, void *to, size_t n)
{
	memcpy(to, from, n);
	return from + n;
}

static bool is_sound(const struct fl_learner *m)
{
	if (!isfinite(m->scale) || !isfinite(m->foreign_below) || !isfinite(m->platt.margin + m->platt.best + m->platt.bias))
		return false;
	for (int k = 0; k < m->nlabels; k++)
		if (!isfinite(m->bias[k]))
			return false;
	for (int k = 0; k < m->nlabels; k++)
		if (memchr(m->id[k], '\0', sizeof(m->id[k])) == NULL)
			return false;
	for (int i = 0; i < m->nnear; i++) {
		if (memchr(m->near[i].id, '\0', sizeof(m->near[i].id)) == NULL)
			return false;
		for (int k = 0; k < FL_NEAR_BUCKETS; k++)
			if (m->near[i].bucket[k] >= FL_BUCKETS)
				return false;
	}
	return true;
}

enum fl_rc fl_learner_load(struct fl_arena *a, struct fl_str bytes, struct fl_learner **out)
{
	struct fl_learner *m = FL_NEW(a, struct fl_learner);
	const char *p = bytes.p;
	struct head h;

	if (bytes.n < sizeof(h))
		return FL_INVALID;
	p = take(p, &h, sizeof(h));
	if (h.form != FORM || h.nlabels < 1 || h.nlabels > FL_LABELS_MAX || h.nnear > FL_NEAR_CASES || h.ncases > FL_CASES_MAX)
		return FL_INVALID;
	if (bytes.n != sizeof(h) + (sizeof(m->id[0]) + sizeof(m->bias[0])) * h.nlabels + weights_size(h.nlabels) + sizeof(struct fl_near) * h.nnear)
		return FL_INVALID;
	m->nlabels = (int)h.nlabels;
	m->ncases = (int)h.ncases;
	m->nnear = (int)h.nnear;
	m->scale = h.scale;
	m->foreign_below = h.foreign_below;
	m->platt = (struct fl_platt){ h.margin, h.best, h.bias };
	m->weight = fl_alloc(a, weights_size(h.nlabels));
	m->near = FL_NEW_ARRAY(a, (size_t)h.nnear + 1, struct fl_near);
	p = take(p, m->id, sizeof(m->id[0]) * h.nlabels);
	p = take(p, m->bias, sizeof(m->bias[0]) * h.nlabels);
	p = take(p, m->weight, weights_size(h.nlabels));
	(void)take(p, m->near, sizeof(struct fl_near) * h.nnear);
	if (!is_sound(m))
		return FL_INVALID;
	*out = m;
	return FL_OK;
}
