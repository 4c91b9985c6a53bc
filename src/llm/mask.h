/* Personal data out of what a provider outside is asked, and back into what it answers, as the organisation sets (ASVS checklist 59).
 * The same value has the same placeholder throughout one question: [EMAIL_1], [PHONE_1], [CARD_1], [ACCOUNT_1], [IDENTITY_1], [OTHER_1]. */
#ifndef FL_LLM_MASK_H
#define FL_LLM_MASK_H

#include "base/arena.h"

struct json_object;
struct fl_mask;

/* rules: one line of kinds with blanks between (email phone card account identity), then, optionally, one of shapes with commas between, in which # is a digit, @ a
 * letter of A to Z in either case and everything else itself. NULL or empty: NULL, which hides nothing below. Owned by a.
 *   email     an address
 *   phone     seven to fifteen digits after + or 00, nine and more else, with blanks, dots, dashes, slashes or brackets among them; no date
 *   card      13 to 19 digits by Luhn (ISO/IEC 7812-1)
 *   account   an IBAN (ISO 13616) by its check digits, or 16 to 34 digits
 *   identity  DNI and NIE with the right letter, CURP, codice fiscale, National Insurance and Social Security numbers */
struct fl_mask *fl_mask_new(struct fl_arena *a, struct fl_str rules);

/* The text with placeholders; as it is when m is NULL. Placeholders that stand in it already are kept apart from ours. */
struct fl_str fl_mask_hide(struct fl_mask *m, struct fl_str text);

/* The text with each of our placeholders as the value it stands for. */
struct fl_str fl_mask_show(const struct fl_mask *m, struct fl_str text);

/* The same for every string of a JSON value, in place. Names stay. */
void fl_mask_show_json(const struct fl_mask *m, struct json_object *json);

/* How many places were hidden so far. */
int fl_mask_count(const struct fl_mask *m);

#endif
