#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "view/inside.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024, ASSET_HASH = 10 /* hex digits of an address */ };

/* What a walk over a folder hands each file to: path below the folder walked, and its content. */
typedef enum fl_rc on_file(struct fl_cx *cx, struct fl_view *v, const char *path, struct fl_str content);

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static enum fl_rc read_whole(struct fl_cx *cx, int fd, const char *path, size_t size, struct fl_str *out)
{
	size_t n = 0;
	ssize_t got = 1;
	char *p;

	if (size > FILE_MAX_BYTES)
		return FL_FAIL(cx, FL_INVALID, "%s: is over %d bytes", path, FILE_MAX_BYTES);
	p = fl_alloc(cx->a, size + 1);
	while (n < size && got > 0) {
		got = read(fd, p + n, size - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (n != size)
		return FL_FAIL(cx, FL_INVALID, "%s: cannot be read whole", path);
	*out = (struct fl_str){ p, size };
	return FL_OK;
}

static enum fl_rc walk(struct fl_cx *cx, struct fl_view *v, const char *root, const char *below, on_file *fn);

/* A file is handed on, a folder walked, anything else passed over. */
static enum fl_rc visit(struct fl_cx *cx, struct fl_view *v, const char *root, const char *path, on_file *fn)
{
	const char *full = fl_fmt(cx->a, "%s/%s", root, path);
	__attribute__((cleanup(close_fd))) int fd = open(full, O_RDONLY | O_CLOEXEC);
	struct fl_str content;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT ? FL_OK : FL_FAIL(cx, FL_INVALID, "%s: cannot be read: %s", full, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return walk(cx, v, root, path, fn);
	if (!S_ISREG(st.st_mode))
		return FL_OK;
	FL_TRY(read_whole(cx, fd, full, (size_t)st.st_size, &content));
	return fn(cx, v, path, content);
}

/* Catalogues are wanted by everybody. */
static bool is_wanted(const struct fl_view *v, const char *below, const char *name)
{
	return name[0] != '.' && (!v->only || below[0] || strcmp(name, v->only) == 0 || strcmp(name, "locale") == 0);
}

static enum fl_rc walk(struct fl_cx *cx, struct fl_view *v, const char *root, const char *below, on_file *fn)
{
	const char *dir = below[0] ? fl_fmt(cx->a, "%s/%s", root, below) : root;
	__attribute__((cleanup(close_dir))) DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? FL_OK : FL_FAIL(cx, FL_INVALID, "%s: cannot be read: %s", dir, strerror(errno));
	while ((e = readdir(d)) != NULL)
		if (is_wanted(v, below, e->d_name))
			FL_TRY(visit(cx, v, root, below[0] ? fl_fmt(cx->a, "%s/%s", below, e->d_name) : fl_strdup(cx->a, e->d_name), fn));
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

	v->bound = FL_NEW(cx->a, struct bound);
	v->scratch = fl_arena_new((size_t)4 << 20);
	fl_defer(cx->a, free_scratch, v->scratch);
	for (int i = 0; i < LOCALES; i++)
		catalogue_init(cx->a, &v->cat[i], view_locales[i]);
	return v;
}

enum fl_rc view_add(struct fl_cx *cx, struct fl_view *v, const char *name, const char *file, struct fl_str src, unsigned flags)
{
	struct source_file *s = FL_NEW(cx->a, struct source_file), **bucket = &v->file[name_hash(fl_str(name)) % FILE_BUCKETS];

	*s = (struct source_file){ .name = name, .file = file, .src = src, .flags = flags, .next = *bucket };
	FL_TRY(view_parse(cx, file, src, flags, &s->nodes));
	*bucket = s;
	v->nfiles++;
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
	const char *hash = fl_fmt(cx->a, "%.*s", ASSET_HASH, fl_sha256_hex(cx->a, content));

	/* Browsers take the parts of a drawing (<use>) from the page's own site only. */
	const char *base = cx->conf && !ends(path, ".svg") ? cx->conf->cdn_url : "";

	*as = (struct asset){ .name = path, .address = fl_fmt(cx->a, "%s/static/%s/%s", base, hash, path), .next = v->assets };
	v->assets = as;
	return FL_OK;
}

const struct source_file *view_find(const struct fl_view *v, struct fl_str name)
{
	const struct source_file *s = v->file[name_hash(name) % FILE_BUCKETS];

	while (s && !fl_str_is(name, s->name))
		s = s->next;
	return s;
}

enum fl_rc fl_view_open(struct fl_cx *cx, const char *share_dir, const char *only, const struct fl_view **out)
{
	struct fl_view *v = view_new(cx);

	v->only = only;
	FL_TRY(walk(cx, v, fl_fmt(cx->a, "%s/templates", share_dir), "", add_template_file));
	if (!only)
		FL_TRY(walk(cx, v, fl_fmt(cx->a, "%s/static", share_dir), "", add_asset_file));
	if (!v->nfiles)
		return FL_FAIL(cx, FL_INVALID, "%s/templates: holds no template", share_dir);
	*out = v;
	return FL_OK;
}
