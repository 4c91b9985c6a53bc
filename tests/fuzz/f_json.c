/* The JSON checker over any text: what it takes, json-c parses whole and a second check takes again after json-c wrote it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* json-c reads text of an exact length, ended by a NUL that counts for numbers at its end. */
static struct json_object *parse(const char *text, size_t n)
{
	struct json_tokener *t = json_tokener_new_ex(64);
	struct json_object *obj;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(t, text, (int)n + 1);
	if (json_tokener_get_error(t) != json_tokener_success)
		abort();
	json_tokener_free(t);
	return obj;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_arena *a = fl_arena_new(64 << 20);
	struct fl_str text = { (const char *)data, size }, again;
	const char *why = NULL;
	size_t at = 0;
	enum fl_rc rc = fl_json_check(a, text, &fl_json_limits_api, &why, &at);

	if (rc == FL_OK) {
		struct json_object *obj = parse(fl_strndup(a, text), size);

		again = fl_str(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
		if (fl_json_check(a, again, &fl_json_limits_api, &why, &at) != FL_OK)
			abort();
		json_object_put(obj);
	} else if (rc != FL_INVALID || !why || at > size) {
		abort();
	}
	fl_arena_free(a);
	return 0;
}
