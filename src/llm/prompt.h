/* A prompt in fixed sections (LLM-05): a system text, CONTEXT with keyed JSON and fenced foreign text, INSTRUCTIONS numbered. */
#ifndef FL_LLM_PROMPT_H
#define FL_LLM_PROMPT_H

#include "base/cx.h"
#include "base/json.h"

struct fl_prompt_item {
	const char *key;
	struct fl_str value;
	bool foreign; /* text of a stranger: fenced and declared as data; else `value` is a JSON value of our own making */
};

struct fl_prompt {
	const char *system;
	const struct fl_prompt_item *context;
	int ncontext;
	const char *const *instructions; /* ended by NULL; numbered from 1 */
};

struct fl_prompt_text {
	struct fl_str system, user; /* owned by cx's arena */
	char version[17];           /* hash of the fixed parts: system text, keys, instructions; not of the values */
};

/* Renders it. Foreign text stands between two lines with a random word that it cannot know, is mended to UTF-8 without
 * control characters, and clipped to 32 KiB an item. FL_INVALID when the whole passes 256 KiB. */
enum fl_rc fl_prompt_build(struct fl_cx *cx, const struct fl_prompt *p, struct fl_prompt_text *out) FL_USE;

#endif
