-- name: document_archive_ask
-- why: a searchable PDF is wanted
-- effect
-- in: id uuid
-- out: id uuid
select * from document_archive_ask($1)

-- name: document_archive_load
-- why: the file and its words, as fairlead-paper takes them (reader/paper.h)
-- in: id uuid
-- out: key text, type text, seen text, words text
select file_key(d.hash), d.type, document_seen_now(d.id), (select string_agg('page ' || g.page || ' ' || g.width || ' ' || g.turn || E'\n' || coalesce((select string_agg(
		(o.v ->> 0) || ' ' || (o.v ->> 1) || ' ' || (o.v ->> 2) || ' ' || (o.v ->> 3) || ' ' || translate(o.v ->> 5, E'\n', ' ') || E'\n', '' order by o.n)
		from jsonb_array_elements(g.words) with ordinality o(v, n) where (o.v ->> 0)::int >= 0 and (o.v ->> 1)::int >= 0), ''), '' order by g.page)
	from document_pages g where g.org_id = (select fl_org()) and g.document_id = d.id and g.source = 'ocr')
from documents d where d.org_id = (select fl_org()) and d.id = $1 and d.archive_state = 'asked' and d.scan in ('clean', 'off')

-- name: document_archive_made
-- why: the searchable PDF is there; a null hash: it could not be made
-- in: id uuid, hash text, seen text
select document_archive_made($1, $2, $3)

-- name: document_archive_file
-- why: where the searchable PDF of a document lies
-- in: id uuid
-- out: key text, name text
select file_key(d.archive), regexp_replace(d.name, '\.[[:alnum:]]{1,5}$', '') || ' (searchable).pdf' from documents d
where d.org_id = (select fl_org()) and d.id = $1 and d.archive is not null and d.scan in ('clean', 'off') and d.status not in ('QUARANTINED', 'INFECTED')

-- name: document_archive_state
-- why: whether a searchable PDF can be had: none (nothing is scanned in it), possible, asked, made (and of the words as they are), failed
-- in: id uuid
-- out: state text
select case when d.status <> 'COMPLETED' or not exists (select from document_pages g where g.org_id = d.org_id and g.document_id = d.id and g.source = 'ocr') then 'none'
	when d.archive_state = 'made' and d.archive_seen = document_seen_now(d.id) then 'made' when d.archive_state in ('asked', 'failed') then d.archive_state else 'possible' end
from documents d where d.org_id = (select fl_org()) and d.id = $1
