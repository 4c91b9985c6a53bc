/* What is hidden from providers outside, what is not, and that it comes back as it was. */
#include "../tap.h"
#include "base/json.h"
#include "llm/mask.h"

static const char all[] = "email phone card account identity\nPAT-####,@@@/##";

static void hidden(struct fl_arena *a)
{
	static const struct {
		const char *text, *sent;
	} cases[] = {
		{ "Write to ana.garcia+x@mail.example.", "Write to [EMAIL_1]." },
		{ "<Ana@Mail.example>,ana@mail.EXAMPLE and bob@x.example", "<[EMAIL_1]>,[EMAIL_1] and [EMAIL_2]" },
		{ "jos\xc3\xa9@correo.example", "[EMAIL_1]" },
		{ "\"\\nana@x.example\\n600123456\"", "\"\\n[EMAIL_1]\\n[PHONE_1]\"" },
		{ "Call +34 600 12 34 56 or (020) 7946 0018, not 555-1234.", "Call [PHONE_1] or [PHONE_2], not 555-1234." },
		{ "600123456 is 600 123 456; 0044 20 7946 0018", "[PHONE_1] is [PHONE_1]; [PHONE_2]" },
		{ "on 2026-11-22 10:30 or 22/11/2026, 22.11.26 at 9", "on 2026-11-22 10:30 or 22/11/2026, 22.11.26 at 9" },
		{ "at 14:00 22/11/2026, 10:00 2026-11-22, paid 250.00 22/11/2026, invoice 4711 2026-11-22", "at 14:00 22/11/2026, 10:00 2026-11-22, paid 250.00 22/11/2026, invoice 4711 2026-11-22" },
		{ "06.12.34.56.78, +34 600 12-34-5678, +49 30 11.12.56", "[PHONE_1], [PHONE_2], [PHONE_3]" },
		{ "a.b@x.example and ab@x.example", "[EMAIL_1] and [EMAIL_2]" },
		{ "invoice 2291, 1,250.00 EUR, REQ-100234, v1.2.3", "invoice 2291, 1,250.00 EUR, REQ-100234, v1.2.3" },
		{ "card 4111 1111 1111 1111 12/27", "card [CARD_1] 12/27" },
		{ "4111-1111-1111-1111 5500005555555559", "[CARD_1] [CARD_2]" },
		{ "ES91 2100 0418 4502 0005 1332.", "[ACCOUNT_1]." },
		{ "de89370400440532013000 and 2100 0418 4502 0005 1332", "[ACCOUNT_1] and [ACCOUNT_2]" },
		{ "DNI 12345678Z, NIE X-1234567-L, 12.345.678-Z", "DNI [IDENTITY_1], NIE [IDENTITY_2], [IDENTITY_1]" },
		{ "DNI 12345678A", "DNI 12345678A" },
		{ "078-05-1120 AB 12 34 56 C", "[IDENTITY_1] [IDENTITY_2]" },
		{ "GOMC600101HDFRRL09 RSSMRA85T10A562S", "[IDENTITY_1] [IDENTITY_2]" },
		{ "pat-0042 and abc/12 and PAT-00423", "[OTHER_1] and [OTHER_2] and PAT-00423" },
		{ "they wrote [EMAIL_1] to x@y.example", "they wrote [OTHER_1] to [EMAIL_1]" },
		{ "", "" }, { "nothing @ all", "nothing @ all" }, { "@home", "@home" }, { "600", "600" }, { "+", "+" }, { "\\", "\\" },
	};

	for (size_t i = 0; i < FL_COUNT(cases); i++) {
		struct fl_mask *m = fl_mask_new(a, fl_str(all));
		struct fl_str sent = fl_mask_hide(m, fl_str(cases[i].text));
		int places = 0;

		is_str(fl_strndup(a, sent), cases[i].sent, cases[i].text);
		for (size_t k = 0; k < sent.n; k++)
			places += sent.p[k] == '[';
		ok(fl_mask_count(m) == places, "%d places are counted", places);
	}
}

static void back(struct fl_arena *a)
{
	static const char text[] = "Ana (ana@x.example, +34 600 123 456) paid with 4111 1111 1111 1111; they wrote [EMAIL_1].";
	struct fl_mask *m = fl_mask_new(a, fl_str(all));
	struct json_object *json = NULL;

	is_str(fl_strndup(a, fl_mask_show(m, fl_mask_hide(m, fl_str(text)))), text, "what was hidden comes back as it was");
	is_str(fl_strndup(a, fl_mask_show(m, FL_STR("[EMAIL_1] [EMAIL_2] [email_1] [EMAIL_1 [1]"))), "ana@x.example [EMAIL_2] [email_1] [EMAIL_1 [1]", "names that were never given stay");
	ok(fl_json_parse(a, FL_STR("{\"why\": \"[EMAIL_1] wrote\", \"list\": [\"[PHONE_1]\", {\"x\": \"[PHONE_9] [CARD_1]\"}], \"n\": 3}"), &fl_json_limits_api, &json, NULL) == FL_OK, "an answer");
	fl_mask_show_json(m, json);
	is_str(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	   "{\"why\":\"ana@x.example wrote\",\"list\":[\"+34 600 123 456\",{\"x\":\"[PHONE_9] 4111 1111 1111 1111\"}],\"n\":3}", "in every string of an object too");
}

static void chosen(struct fl_arena *a)
{
	static const char text[] = "ana@x.example 600123456 4111111111111111";

	ok(fl_mask_new(a, FL_STR("")) == NULL && fl_mask_new(a, (struct fl_str){ NULL, 0 }) == NULL && fl_mask_new(a, FL_STR("\n")) == NULL, "no rule hides nothing");
	is_str(fl_strndup(a, fl_mask_hide(NULL, fl_str(text))), text, "and leaves the text");
	is_str(fl_strndup(a, fl_mask_hide(fl_mask_new(a, FL_STR("email")), fl_str(text))), "[EMAIL_1] 600123456 4111111111111111", "a kind that is not chosen stays");
	is_str(fl_strndup(a, fl_mask_hide(fl_mask_new(a, FL_STR("card phone")), fl_str(text))), "ana@x.example [PHONE_1] [CARD_1]", "whatever the order");
}

/* More values than have a number, and a text of one long word: quick, and nothing of it goes out. */
static void many(struct fl_arena *a)
{
	struct fl_mask *m = fl_mask_new(a, fl_str(all));
	struct fl_buf b = fl_buf(a, 1 << 20);
	struct fl_str sent;

	for (int i = 0; i < 1500; i++)
		fl_buf_printf(&b, "p%d@x.example ", i);
	sent = fl_mask_hide(m, fl_buf_get(&b));
	ok(!memchr(sent.p, '@', sent.n) && fl_mask_count(m) == 1500, "1,500 addresses");
	b.n = 0;
	for (int i = 0; i < 60000; i++)
		fl_buf_puts(&b, "abc.");
	fl_buf_puts(&b, "x@y.example");
	ok(fl_mask_hide(m, fl_buf_get(&b)).n < 20, "an address of 240,000 characters");
	b.n = 0;
	for (int i = 0; i < 250000; i++)
		fl_buf_puts(&b, "a.");
	sent = fl_mask_hide(m, fl_buf_get(&b));
	ok(sent.n == b.n, "a word of 250,000 points is measured, and not from each of them to its end (that took minutes)");
}

int main(void)
{
	struct fl_arena *a = fl_arena_new(64 << 20);

	hidden(a);
	back(a);
	chosen(a);
	many(a);
	fl_arena_free(a);
	return done();
}
