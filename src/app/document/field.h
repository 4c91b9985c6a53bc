/* Fields of a document by rules: what stands in its text that people would type into a form (DOC-09). English and Spanish. */
#ifndef FL_APP_DOCUMENT_FIELD_H
#define FL_APP_DOCUMENT_FIELD_H

#include "base/arena.h"

enum field_kind { FIELD_DATE, FIELD_AMOUNT, FIELD_IBAN, FIELD_TAX_ID, FIELD_NUMBER, FIELD_EMAIL, FIELD_PHONE, FIELD_ADDRESS, FIELD_KINDS };

/* As the database knows it: date, amount, iban, tax_id, number, email, phone, address. Static. */
const char *field_kind_name(enum field_kind kind);
/* FIELD_KINDS for another name. */
enum field_kind field_kind_of(struct fl_str name);

enum field_check { FIELD_NO_CHECK, FIELD_CHECK_RIGHT, FIELD_CHECK_WRONG }; /* of its check digits */

struct field {
	enum field_kind kind;
	size_t from, to;     /* bytes of the text, [from, to) */
	struct fl_str label; /* what stands before it on its line, when short; borrows the text */
	struct fl_str normal; /* 2026-11-21; 1250.00 EUR (ISO 4217); letters and digits alone; +34600123456 (E.164); lower case; one line */
	enum field_check check;
	double sure; /* 0..1 */
};

enum { FIELDS_MAX = 300, FIELD_TEXT_BYTES = 200000 }; /* found in one text; read of one */

struct field_rules;

/* The rules, made ready; owned by a. */
struct field_rules *field_rules_new(struct fl_arena *a);

/* What is found in text (UTF-8), in its order, none over another. How many; *out is owned by a. */
int field_find(struct fl_arena *a, const struct field_rules *rules, struct fl_str text, struct field **out);

/* What a person typed as a field of that kind, made normal; false when it is none. us: 2/3/2026 is February. */
bool field_normal(struct fl_arena *a, enum field_kind kind, struct fl_str value, bool us, struct field *out);

/* --- what the rules are made of --- */
bool field_date(struct fl_arena *a, struct fl_str s, bool us, struct field *out);
bool field_amount(struct fl_arena *a, struct fl_str s, struct field *out);
/* May be longer than the number: out->to is then where it ends, from the beginning of s. */
bool field_iban(struct fl_arena *a, struct fl_str s, struct field *out);   /* ISO 13616, check digits by ISO 7064 mod 97-10 */
bool field_tax_id(struct fl_arena *a, struct fl_str s, struct field *out); /* with check digits for ES, DE, FR, IT, PT and BE */

#endif
