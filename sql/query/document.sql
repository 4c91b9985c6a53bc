-- name: document_list
-- why: documents, latest first
-- in: status text, after uuid, limit int
-- out: id uuid, name text, type text, size_bytes int, status text, reason text, pages int, pages_read int, confidence float, created_at timestamptz, cursor text
select d.id, d.name, d.type, d.size_bytes, document_state(d.status, d.scan, d.superseded, d.chunked_at, d.embedded_at), d.reason, d.pages::bigint, d.pages_read::bigint, d.confidence, d.created_at, d.id::text
from documents d where d.org_id = (select fl_org()) and d.id < list_after($2::uuid::text)
	and not d.superseded and ($1::text is null or d.status = document_state_column($1) and document_state(d.status, d.scan, d.superseded, d.chunked_at, d.embedded_at) = $1) order by d.id desc limit $3

-- name: document_hits
-- why: pages that hold what was asked, best first
-- in: q text
-- out: document_id uuid, name text, page int, quote text, quote_marks jsonb
select f.document_id, f.name, f.page::bigint, document_quote(f.body, search_marks_of(f.body, $1)), search_marks_of(f.body, $1)
from document_find(coalesce($1, ''), 20) f

-- name: document_asked
-- why: what was asked, shown again
-- in: q text, status text
-- out: q text, asked bool, status text
select coalesce($1, ''), search_query(coalesce($1, '')) is not null, $2::text

-- name: document_show
-- why: one document
-- in: id uuid
-- out: id uuid, name text, type text, size_bytes int, hash text, status text, reason text, finding text, scan text, pages int, pages_read int, confidence float, uploaded_by text, created_at timestamptz, shown bool, title text, author text, subject text, keywords text, made_at timestamptz, language text, ocr_status text, embed_status text,
-- out: chunk_preset text, chunk_strategy text, passages int, versions_all int, notes_all int, changes_all int, made bool, made_model text, made_of uuid
select d.id, d.name, d.type, d.size_bytes, d.hash, document_state(d.status, d.scan, d.superseded, d.chunked_at, d.embedded_at), d.reason, d.finding, d.scan, d.pages::bigint, d.pages_read::bigint, d.confidence, m.name,
	d.created_at, d.scan in ('clean', 'off') and d.status not in ('QUARANTINED', 'INFECTED'), nullif(d.title, ''), nullif(d.author, ''), nullif(d.subject, ''), nullif(d.keywords, ''), d.made_at,
	(select case document_language(g.body)::text when 'english' then 'en' when 'spanish' then 'es' end from document_pages g where g.org_id = d.org_id and g.document_id = d.id and g.page = 1),
	case d.status when 'COMPLETED' then 'DONE' when 'FAILED' then 'FAILED' when 'READING' then 'READING' when 'QUEUED' then 'WAITING' else 'NONE' end,
	case when d.status not in ('QUEUED', 'READING', 'COMPLETED') or d.superseded then 'NONE' when d.status = 'COMPLETED' and d.embedded_at is not null then 'DONE' else 'WAITING' end,
	d.chunk_preset, d.chunk_strategy, (select count(*) from chunks c where c.org_id = d.org_id and c.document_id = d.id), (select count(*) from documents v where v.org_id = d.org_id and v.family = d.family),
	(select count(*) from document_notes n where n.org_id = d.org_id and n.document_id = d.id),
	(select count(*) from document_corrections c where c.org_id = d.org_id and c.document_id = d.id)
		+ (select count(*) from document_field_changes c join document_fields f on f.org_id = c.org_id and f.id = c.field_id where f.org_id = d.org_id and f.document_id = d.id)
		+ (select count(*) from document_cell_changes c join document_tables t on t.org_id = c.org_id and t.id = c.table_id where t.org_id = d.org_id and t.document_id = d.id),
	g.document_id is not null, g.model, (select c.id from conversations c where c.org_id = d.org_id and c.id = g.conversation_id and chat_mine(c.user_id))
from documents d left join generated_assets g on g.org_id = d.org_id and g.document_id = d.id left join memberships m on m.org_id = (select fl_org()) and m.user_id = d.uploaded_by where d.org_id = (select fl_org()) and d.id = $1

-- name: document_page_show
-- why: one page as it was read; a passage [from, to) or the words looked for are marked in its text
-- in: id uuid, page int, from text, to text, find text
-- out: page int, source text, width int, height int, confidence float, body text, body_marks jsonb, image bool, fields_here int
select g.page::bigint, g.source, g.width::bigint, g.height::bigint, g.confidence, g.body,
	case when $4::int > $3::int then jsonb_build_array(substr(g.body, $3::int + 1, $4::int - $3::int)) when $5::text is null then '[]' else search_marks_of(g.body, $5) end,
	g.image is not null, (select count(*) from document_fields f where f.org_id = g.org_id and f.document_id = g.document_id and f.page = g.page and not f.removed)
from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 and g.page = (select document_page_at($1, $2, $5))

-- name: document_readers
-- why: who may see a document, asked for on its tab alone
-- in: id uuid, tab text
-- out: name text, email text, role text, narrowed bool, may_change bool, may_delete bool
select r.name, r.email, r.role, r.narrowed, r.may_change, r.may_delete from document_readers($1) r where $2 = 'permissions'

-- name: document_came_with
-- why: the requests a document came with
-- in: id uuid
-- out: request_id uuid, number int, request_subject text
select r.id, r.number, r.subject from intake_files f join intake_requests r on r.org_id = f.org_id and r.id = f.intake_id
where f.org_id = (select fl_org()) and f.document_id = $1 and fl_can('intake.read') order by r.id desc limit 20

-- name: document_cut
-- why: how a document is cut into passages
-- effect
-- in: id uuid, preset text, strategy text
-- out: id uuid
select * from document_cut($1, $2, $3)

-- name: document_word_list
-- why: the words of a page with their boxes; the base line stands a fifth above the box's lower edge; lit: in the passage [from, to); hit: looked for
-- in: id uuid, page int, from text, to text, find text
-- out: n int, x int, y int, w int, h int, base int, text text, unsure bool, sure int, lit bool, hit bool, first bool
select v.n, v.x, v.y, v.w, v.h, v.y + v.h * 4 / 5, v.text, v.sure < 70, v.sure, v.lit, v.hit, (v.lit or v.hit) and sum((v.lit or v.hit)::int) over (order by v.n) = 1
from (select o.n, (o.v ->> 0)::bigint as x, (o.v ->> 1)::bigint as y, (o.v ->> 2)::bigint as w, (o.v ->> 3)::bigint as h, (o.v ->> 4)::bigint as sure, o.v ->> 5 as text,
		coalesce(l.places[o.n] < $4::int and l.places[o.n] + length(o.v ->> 5) > $3::int, false) as lit,
		coalesce(search_marks_of(o.v ->> 5, $5) <> '[]', false) as hit
	from document_pages g left join page_places l on l.org_id = g.org_id and l.document_id = g.document_id and l.page = g.page,
		jsonb_array_elements(g.words) with ordinality o(v, n)
	where g.org_id = (select fl_org()) and g.document_id = $1 and g.page = (select document_page_at($1, $2, $5))) v order by v.n

-- name: document_page_list
-- why: the pages of a document that were read, and which of them hold the words looked for
-- in: id uuid, page int, find text
-- out: number int, current bool, hit bool
select g.page::bigint, g.page = (select document_page_at($1, $2, $3)), coalesce(g.found @@ search_query($3), false)
from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 order by g.page

-- name: document_around
-- why: where to go from a page: the pages beside it, and those that hold the words looked for
-- in: id uuid, page int, find text
-- out: page int, several bool, before int, after int, find text, hits int, hit_before int, hit_after int
select a.page, count(g.page) > 1, max(g.page) filter (where g.page < a.page)::bigint, min(g.page) filter (where g.page > a.page)::bigint, $3::text,
	count(*) filter (where g.found @@ search_query($3)), max(g.page) filter (where g.page < a.page and g.found @@ search_query($3))::bigint,
	min(g.page) filter (where g.page > a.page and g.found @@ search_query($3))::bigint
from (select document_page_at($1, $2, $3) as page) a left join document_pages g on g.org_id = (select fl_org()) and g.document_id = $1 group by a.page

-- name: document_see
-- why: how a page is shown, as its address says: tint of doubtful words, words, fields, zoom, turned by quarters; and the documents beside it
-- in: id uuid, page int, see jsonb, tab text, find text
-- out: tab text, tint bool, words bool, fields bool, zoom text, turn text, box text, spin text, side bool, query text, turned text, newer text, older text
select coalesce($4::text, 'details'), not 'on' = any(v.s) or 'tint' = any(v.s), 'words' = any(v.s), 'fields' = any(v.s), v.zoom, nullif(v.turn, 'r0'),
	case when v.turn in ('r90', 'r270') then format('0 0 %s %s', g.height, g.width) else format('0 0 %s %s', g.width, g.height) end,
	case v.turn when 'r90' then format('rotate(90) translate(0 -%s)', g.height) when 'r180' then format('rotate(180) translate(-%s -%s)', g.width, g.height)
		when 'r270' then format('rotate(270) translate(-%s 0)', g.width) end, v.turn in ('r90', 'r270'), v.kept || case when $4 <> 'details' then '&tab=' || $4 else '' end || case when v.turn <> 'r0' then '&see=' || v.turn else '' end,
	v.kept || case when $4 <> 'details' then '&tab=' || $4 else '' end || '&see=' || case v.turn when 'r0' then 'r90' when 'r90' then 'r180' when 'r180' then 'r270' else 'r0' end,
	(select d.id::text from documents d where d.org_id = (select fl_org()) and d.id > $1 order by d.id limit 1),
	(select d.id::text from documents d where d.org_id = (select fl_org()) and d.id < $1 order by d.id desc limit 1)
from (select s.s, case when 'height' = any(s.s) then 'height' when 'real' = any(s.s) then 'real' else 'width' end as zoom,
		coalesce((select t from unnest(s.s) t where t in ('r90', 'r180', 'r270') limit 1), 'r0') as turn,
		coalesce((select string_agg('&see=' || t, '' order by t) from (select distinct t from unnest(s.s) t where t in ('on', 'tint', 'words', 'fields', 'height', 'real', 'width')) x), '') as kept
	from (select array(select jsonb_array_elements_text(coalesce($3::jsonb, '[]'))) as s) s) v
	left join document_pages g on g.org_id = (select fl_org()) and g.document_id = $1 and g.page = (select document_page_at($1, $2, $5))

-- name: document_link
-- why: the shape of a link to a file; code makes the row
-- out: url text, seconds int
select '', 0::bigint where false

-- name: document_file
-- why: where the file of a document lies, unless nobody may have it
-- in: id uuid
-- out: key text, name text, type text
select file_key(d.hash), d.name, d.type from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.scan in ('clean', 'off')
	and d.status not in ('QUARANTINED', 'INFECTED')

-- name: document_image
-- why: where the picture of a page lies
-- in: id uuid, page int
-- out: key text
select file_key(g.image) from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 and g.page = $2 and g.image is not null

-- name: document_add
-- why: keeps what is known of an uploaded file
-- in: name text, type text, size int, hash text, status text, reason text, scan text, quota_mb int
-- out: id uuid, status text, duplicate bool
select * from document_add($1, $2, $3, $4, $5, $6, $7, $8)

-- name: document_release
-- why: reads a document that no scanner looked at; what somebody else asked for already is not asked twice
-- effect
-- in: id uuid
-- out: id uuid
select a.id from document_release($1) a
union all select d.id from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.scan = 'off' and d.status not in ('QUARANTINED', 'INFECTED')

-- name: document_rescan
-- why: asks the virus scanner again; what somebody else asked for already is not asked twice
-- effect
-- in: id uuid
-- out: id uuid
select a.id from document_rescan($1) a
union all select d.id from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.status in ('QUEUED', 'READING')

-- name: sweep_document_rescan
-- why: documents that wait because the scanner was away
-- out: done int
select document_rescan_due()

-- name: document_delete
-- why: a document goes for good
-- effect
-- in: id uuid
-- out: id uuid
select * from document_delete($1)

-- name: document_blobs
-- why: the files of a document that came to its end
-- in: id uuid
-- out: hash text, key text
select x.hash, file_key(x.hash) from (select d.hash from documents d where d.org_id = (select fl_org()) and d.id = $1
	union select d.archive from documents d where d.org_id = (select fl_org()) and d.id = $1
	union select g.image from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1) x
where x.hash is not null and exists (select from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.status not in ('QUEUED', 'READING'))

-- name: file_give_up
-- why: which of these files no row names; in a store their names from first to last are given up
-- in: hashes jsonb, store bool
-- out: hash text, first int, last int
select f.hash, f.first, f.last from file_give_up($1, $2) f

-- name: file_given_up
-- why: names in the store that are removed now
-- in: gone jsonb
select file_given_up($1)

-- name: document_store_again
-- why: a file that may be coming in again is sent off later
-- in: id uuid, put jsonb
select document_store_again($1, $2)

-- name: document_remove_later
-- why: files that may just be coming in again are looked at anew
-- in: hashes jsonb
select fl_enqueue('document-processing', 'document.remove', jsonb_build_object('hashes', $1::jsonb), 5, now() + interval '20 minutes')

-- name: document_store_later
-- why: a document that came to its end goes to the store
-- in: id uuid
select document_store_later($1)

-- name: document_named
-- why: every file that a row names, for the check of files and rows
-- in: org_id uuid, hash text, limit int
-- out: org_id uuid, hash text
select * from document_named($1, $2, $3)

-- name: document_unnamed
-- why: which of these files no row names
-- in: org_id uuid, hashes text
-- out: hash text
select n.hash from document_unnamed($1, $2::text[]) n

-- name: document_again
-- why: reads a document again from its file; what somebody else asked for already is not asked twice
-- effect
-- in: id uuid
-- out: id uuid
select a.id from document_again($1) a
union all select d.id from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.status in ('QUEUED', 'READING')

-- name: document_load
-- why: what a job reads
-- in: id uuid
-- out: key text, type text, status text, pages int, scan text
select file_key(d.hash), d.type, d.status, d.pages::bigint, d.scan from documents d where d.org_id = (select fl_org()) and d.id = $1

-- name: document_opened
-- why: a file has so many pages, each becomes a job
-- in: id uuid, pages int, scan text
select document_opened($1, $2, $3)

-- name: document_attached
-- why: what is attached to a mail becomes documents
-- in: id uuid, files jsonb
select document_attached($1, $2)

-- name: document_attachments
-- why: what is attached to a mail, or (of) the mails it was attached to
-- in: id uuid
-- out: attached_id uuid, attached_name text, of bool
select d.id, d.name, x.of from (select a.file_id as id, a.n, false as of from document_attachments a where a.org_id = (select fl_org()) and a.document_id = $1
	union all select a.document_id, a.n, true from document_attachments a where a.org_id = (select fl_org()) and a.file_id = $1) x
	join documents d on d.org_id = (select fl_org()) and d.id = x.id order by x.of, x.n, d.id limit 100

-- name: document_meta
-- why: what a file says of itself
-- in: id uuid, meta jsonb
select document_meta($1, $2)

-- name: document_end
-- why: the way of a document ended
-- in: id uuid, status text, reason text, finding text, scan text
select document_end($1, $2, $3, $4, $5)

-- name: document_page_read
-- why: a page was read; the last one makes the document complete
-- in: id uuid, page int, source text, turn int, width int, height int, confidence float, body text, words jsonb, image text
select document_page_read($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: document_word
-- why: one word of a page, to be put right
-- in: id uuid, page int, word text, find text
-- out: word int, text text, sure int, word_x int, word_y int, word_w int, word_h int
select $3::bigint, g.words -> ($3::int - 1) ->> 5, (g.words -> ($3::int - 1) ->> 4)::bigint, (g.words -> ($3::int - 1) ->> 0)::bigint, (g.words -> ($3::int - 1) ->> 1)::bigint,
	(g.words -> ($3::int - 1) ->> 2)::bigint, (g.words -> ($3::int - 1) ->> 3)::bigint
from document_pages g where g.org_id = (select fl_org()) and g.document_id = $1 and g.page = (select document_page_at($1, $2, $4)) and $3::int > 0 and g.words -> ($3::int - 1) is not null

-- name: document_correct
-- why: puts a word right
-- effect
-- in: id uuid, page int, word int, old text, text text
-- out: id uuid, page int
select * from document_correct($1, $2, $3, $4, $5)

-- name: document_check
-- why: a page was gone over and is right now
-- effect
-- in: id uuid, page int
-- out: id uuid, page int
select * from document_check($1, $2)

-- name: document_history
-- why: what was put right in a document, latest first
-- in: id uuid
-- out: page int, word int, old_text text, new_text text, by text, created_at timestamptz
select c.page::bigint, c.word::bigint, c.old_text, c.new_text, m.name, c.created_at
from document_corrections c left join memberships m on m.org_id = c.org_id and m.user_id = c.user_id
where c.org_id = (select fl_org()) and c.document_id = $1 order by c.id desc limit 100

-- name: document_checked
-- why: whether somebody went over a page, and what was wrong on it
-- in: id uuid, page int, find text
-- out: by text, wrong int, characters int, updated_at timestamptz
select m.name, c.wrong::bigint, c.characters::bigint, c.updated_at
from document_checks c left join memberships m on m.org_id = c.org_id and m.user_id = c.user_id
where c.org_id = (select fl_org()) and c.document_id = $1 and c.page = (select document_page_at($1, $2, $3))

-- name: document_quality
-- why: how well pages were read, by form and month
-- out: form text, month date, pages int, characters int, wrong int, share float
select * from document_quality()
