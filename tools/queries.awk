# Makes db/queries.h (-v out=h) or db/queries.c (-v out=c) of the statements in sql/query/*.sql.
# The form of the files is described in docs/architecture.md, "Statements".

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	failed = 1
	exit 1
}

function columns(text, which,    parts, i, k, w) {
	sub(/,[ \t]*$/, "", text)
	k = split(text, parts, /[ \t]*,[ \t]*/)
	for (i = 1; i <= k; i++) {
		if (split(parts[i], w, /[ \t]+/) != 2 || !(w[2] in ctype))
			fail("bad column \"" parts[i] "\" in " which " of " name)
		if (which == "in") {
			nin[n]++
			in_name[n, nin[n]] = w[1]
			in_type[n, nin[n]] = w[2]
		} else {
			nout[n]++
			out_name[n, nout[n]] = w[1]
			out_type[n, nout[n]] = w[2]
		}
	}
}

function trim(s) {
	gsub(/^[ \t\n]+|[ \t\n;]+$/, "", s)
	return s
}

function quoted(s) {
	gsub(/\\/, "\\\\\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/\n/, "\\n\"\n\t\"", s)
	return "\"" s "\""
}

BEGIN {
	ctype["text"] = ctype["timestamptz"] = ctype["date"] = ctype["uuid"] = ctype["jsonb"] = ctype["bytea"] = "struct fl_str "
	ctype["int"] = "int64_t "
	ctype["bool"] = "bool "
	ctype["float"] = "double "
	split("text TEXT int INT bool BOOL float FLOAT timestamptz TIME date DATE uuid UUID jsonb JSON bytea BYTES", t, " ")
	for (i = 1; i in t; i += 2)
		kind[t[i]] = "FL_T_" t[i + 1]
}

/^-- name: / {
	n++
	name = names[n] = trim(substr($0, 10))
	if (name !~ /^[a-z][a-z0-9_]*$/)
		fail("bad name " name)
	if (name in seen)
		fail(name " stands twice")
	seen[name] = 1
	next
}
/^-- why: / { why[n] = trim(substr($0, 9)); next }
/^-- in: / { columns(trim(substr($0, 8)), "in"); next }
/^-- effect/ { effect[n] = 1; next }
/^-- out: / { columns(trim(substr($0, 9)), "out"); next }
/^--/ { next }
n { sql[n] = sql[n] $0 "\n" }

function upper_sql(t) {
	return t == "int" ? "int8" : t == "float" ? "float8" : t
}

function header(    i, j, up) {
	print "/* Made by tools/queries.awk of sql/query. */"
	print "#ifndef FL_DB_QUERIES_H\n#define FL_DB_QUERIES_H\n\n#include \"db/db.h\"\n\nenum fl_q {\n\tQ_NONE = 0,"
	for (i = 1; i <= n; i++)
		printf "\tQ_%s,\n", toupper(names[i])
	print "};\n"
	for (i = 1; i <= n; i++) {
		up = toupper(names[i])
		if (nout[i]) {
			printf "enum { "
			for (j = 1; j <= nout[i]; j++)
				printf "%s_%s%s", up, toupper(out_name[i, j]), j < nout[i] ? ", " : " };\n"
		}
		printf "/* %s */\nstatic inline struct fl_call q_%s(", why[i], names[i]
		if (!nin[i])
			printf "void"
		for (j = 1; j <= nin[i]; j++)
			printf "%s%s_%s", ctype[in_type[i, j]], in_name[i, j], j < nin[i] ? ", " : ""
		printf ")\n{\n\tstruct fl_call c;\n\n\tc.q = Q_%s;\n\tc.nargs = %d;\n", up, nin[i]
		for (j = 1; j <= nin[i]; j++)
			printf "\tc.args[%d] = %s;\n", j - 1, arg(in_type[i, j], in_name[i, j] "_")
		print "\treturn c;\n}\n"
	}
	print "#endif"
}

function arg(t, v) {
	if (t == "int")
		return "(struct fl_arg){ .kind = FL_A_INT, .i = " v " }"
	if (t == "bool")
		return "(struct fl_arg){ .kind = FL_A_BOOL, .i = " v " }"
	if (t == "float")
		return "(struct fl_arg){ .kind = FL_A_FLOAT, .d = " v " }"
	if (t == "bytea")
		return "(struct fl_arg){ .kind = " v ".p ? FL_A_BYTES : FL_A_NULL, .s = " v " }"
	return "fl_arg_str(" v ")"
}

# A statement with an effect keeps its row under the idempotency key its request claimed (sql/schema/601_light_accept.sql), by the names it declares.
function text(i,    j, names_) {
	if (!effect[i])
		return trim(sql[i])
	for (j = 1; j <= nout[i]; j++)
		names_ = names_ (j > 1 ? ", " : "(") "\"" out_name[i, j] "\"" (j == nout[i] ? ")" : "")
	return "with effect" names_ " as materialized (\n" trim(sql[i]) "\n) select effect.* from effect where case when current_setting('app.claim_route', true) <> '' then fl_kept(to_jsonb(effect)) else true end"
}

function list(i, which, count,    j, nm, ty) {
	if (!count)
		return
	printf "static const struct fl_col %s_%s[] = { ", names[i], which
	for (j = 1; j <= count; j++) {
		nm = which == "in" ? in_name[i, j] : out_name[i, j]
		ty = which == "in" ? in_type[i, j] : out_type[i, j]
		printf "{ \"%s\", %s }%s", nm, kind[ty], j < count ? ", " : " };\n"
	}
	printf "static const char *const %s_%s_types[] = { ", names[i], which
	for (j = 1; j <= count; j++)
		printf "\"%s\"%s", upper_sql(which == "in" ? in_type[i, j] : out_type[i, j]), j < count ? ", " : " };\n"
}

function ref(i, which, count) {
	return count ? names[i] "_" which : "NULL"
}

function body(    i) {
	print "/* Made by tools/queries.awk of sql/query. */\n#include \"db/queries.h\"\n"
	for (i = 1; i <= n; i++) {
		list(i, "in", nin[i])
		list(i, "out", nout[i])
	}
	print "\nconst struct fl_query fl_queries[] = {\n\t{ \"\", \"\", 0, 0, NULL, NULL, NULL, NULL },"
	for (i = 1; i <= n; i++)
		printf "\t{ \"%s\",\n\t%s,\n\t%d, %d, %s, %s, %s, %s },\n", names[i], quoted(text(i)), nin[i], nout[i], ref(i, "in", nin[i]), \
			ref(i, "in_types", nin[i]), ref(i, "out", nout[i]), ref(i, "out_types", nout[i])
	printf "};\nconst int fl_query_count = %d;\n", n + 1
}

END {
	if (failed)
		exit 1
	for (i = 1; i <= n; i++) {
		if (!why[i] || trim(sql[i]) == "") {
			printf "%s: needs a why line and a statement\n", names[i] > "/dev/stderr"
			exit 1
		}
	}
	if (out == "h")
		header()
	else
		body()
}
