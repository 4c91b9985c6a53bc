#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/conf.h"
#include "view/inside.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024, ASSET_HASH = 5 /* bytes shown */ };

/* What a walk over a folder hands each file to: path below the folder walked, and its content. */
typedef enum fl_rc on_file(struct fl_cx *cx, struct fl_view *v, const char *path, struct fl_str content);

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static enum fl_rc read_whole(struct fl_cx *cx, const char *path, size_t size, struct fl_str *out)
{
	__attribute__((cleanup(close_file))) FILE *f = fopen(path, "rbe");
	char *p;

	if (!f)
		return FL_FAIL(cx, FL_INVALID, "%s: cannot be read: %s", path, strerror(errno));
	if (size > FILE_MAX_BYTES)
		return FL_FAIL(cx, FL_INVALID, "%s: is over %d bytes", path, FILE_MAX_BYTES);
	p = fl_alloc(cx->a, size + 1);
	if (fread(p, 1, size, f) != size)
		return FL_FAIL(cx, FL_INVALID, "%s: cannot be read whole", path);
	*out = (struct fl_str){ p, size };
	return FL_OK;
}

static enum fl_rc walk(struct fl_cx *cx, struct fl_view *v, const char *root, const char *below, on_file *fn)
{
	const char *dir = below[0] ? fl_fmt(cx->a, "%s/%s", root, below) : root;
	__attribute__((cleanup(close_dir))) DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? FL_OK : FL_FAIL(cx, FL_INVALID, "%s: cannot be read: %s", dir, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		const char *path = below[0] ? fl_fmt(cx->a, "%s/%s", below, e->d_name) : fl_strdup(cx->a, e->d_name);
		const char *full = fl_fmt(cx->a, "%s/%s", root, path);
		struct fl_str content;
		struct stat st;

		if (e->d_name[0] == '.' || stat(full, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			FL_TRY(walk(cx, v, root, path, fn));
		} else if (S_ISREG(st.st_mode)) {
			FL_TRY(read_whole(cx, full, (size_t)st.st_size, &content));
			FL_TRY(fn(cx, v, path, content));
		}
	}
	return FL_OK;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), w = strlen(with);

	return n > w && strcmp(s + n - w, with) == 0;
}

static void free_scratch(void *scratch)
{
	fl_arena_free(scratch);
}

struct fl_view *view_new(struct fl_cx *cx)
{
	struct fl_view *v = FL_NEW(cx->a, struct fl_view);

	v->scratch = fl_arena_new((size_t)4 << 20);
	fl_defer(cx->a, free_scratch, v->scratch);
	for (int i = 0; i < LOCALES; i++)
		catalogue_init(cx->a, &v->cat[i], view_locales[i]);
	return v;
}

enum fl_rc view_add(struct fl_cx *cx, struct fl_view *v, const char *name, const char *file, struct fl_str src, unsigned flags)
{
	struct source_file *s = FL_NEW(cx->a, struct source_file);

	*s = (struct source_file){ .name = name, .file = file, .src = src, .flags = flags, .next = v->files };
	FL_TRY(view_parse(cx, file, src, flags, &s->nodes));
	v->files = s;
	return FL_OK;
}

static enum fl_rc add_message_file(struct fl_cx *cx, struct fl_view *v, const char *path, struct fl_str content)
{
	const char *file = fl_fmt(cx->a, "templates/%s", path), *locale = path + strlen("locale/");

	for (int i = 0; i < LOCALES; i++)
		if (strncmp(locale, view_locales[i], 2) == 0 && (locale[2] == '/' || locale[2] == '.'))
			return catalogue_read(cx, &v->cat[i], file, content);
	return FL_FAIL(cx, FL_INVALID, "%s: catalogues are known for en and es", file);
}

static enum fl_rc add_template_file(struct fl_cx *cx, struct fl_view *v, const char *path, struct fl_str content)
{
	const char *file = fl_fmt(cx->a, "templates/%s", path);

	if (!fl_str_utf8(content))
		return FL_FAIL(cx, FL_INVALID, "%s: is not UTF-8", file);
	if (strncmp(path, "locale/", 7) == 0)
		return ends(path, ".lang") ? add_message_file(cx, v, path, content) : FL_OK;
	if (ends(path, ".html"))
		return view_add(cx, v, fl_strndup(cx->a, (struct fl_str){ path, strlen(path) - 5 }), file, content, 0);
	if (ends(path, ".txt"))
		return view_add(cx, v, path, file, content, PARSE_TEXT);
	return FL_OK;
}

static enum fl_rc add_asset_file(struct fl_cx *cx, struct fl_view *v, const char *path, struct fl_str content)
{
	struct asset *as = FL_NEW(cx->a, struct asset);
	struct fl_digest d = fl_sha256(content);
	const char *hash = fl_hex(cx->a, (struct fl_str){ (const char *)d.b, ASSET_HASH });

	/* Browsers take the parts of a drawing (<use>) from the page's own site only. */
	const char *base = cx->conf && !ends(path, ".svg") ? cx->conf->cdn_url : "";

	*as = (struct asset){ .name = path, .address = fl_fmt(cx->a, "%s/static/%s/%s", base, hash, path), .next = v->assets };
	v->assets = as;
	return FL_OK;
}

const struct source_file *view_find(const struct fl_view *v, struct fl_str name)
{
	const struct source_file *s = v->files;

	while (s && !fl_str_is(name, s->name))
		s = s->next;
	return s;
}

enum fl_rc fl_view_open(struct fl_cx *cx, const char *share_dir, const struct fl_view **out)
{
	struct fl_view *v = view_new(cx);

	FL_TRY(walk(cx, v, fl_fmt(cx->a, "%s/templates", share_dir), "", add_template_file));
	FL_TRY(walk(cx, v, fl_fmt(cx->a, "%s/static", share_dir), "", add_asset_file));
	if (!v->files)
		return FL_FAIL(cx, FL_INVALID, "%s/templates: holds no template", share_dir);
	*out = v;
	return FL_OK;
}
