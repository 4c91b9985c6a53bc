/* What a value of the configuration has to look like; for conf.c alone. */
#ifndef FL_BASE_CONF_KIND_H
#define FL_BASE_CONF_KIND_H

enum conf_kind { K_TEXT, K_URL, K_ENV, K_SECRET32, K_LEVEL, K_BOOL, K_INT, K_TLS, K_STORE, K_ORIGINS, K_SHAPES, K_DSN, K_PLACE, K_PAIRS, K_NETWORKS,
	K_SITE, K_SECRET_OLD, K_REDIS, K_URLS, K_PATH, K_EMAIL, K_CHAIN, K_EMBEDDING, K_SENDER, K_SCANNER, K_SECONDS, K_HOST, K_WORD, K_KEY, K_LINE };

/* Why v is no value of that kind, in English and to be read after "NAME: "; NULL when it is one. K_INT and K_BOOL are looked at where they are read. */
const char *conf_kind_check(enum conf_kind kind, const char *v);

#endif
