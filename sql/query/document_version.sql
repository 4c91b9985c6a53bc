-- name: document_version_add
-- why: keeps a file as the next version of a document
-- in: id uuid, name text, type text, size int, hash text, status text, reason text, scan text, quota_mb int
-- out: id uuid, version int
select * from document_version_add($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: document_version_list
-- why: the versions of a document, newest first; only where there are several
-- in: id uuid
-- out: version_id uuid, version int, version_name text, version_status text, by text, created_at timestamptz, current bool, superseded bool
select v.id, v.version::bigint, v.name, v.status, m.name, v.created_at, v.id = d.id, v.superseded
from documents d join documents v on v.org_id = d.org_id and v.family = d.family left join memberships m on m.org_id = v.org_id and m.user_id = v.uploaded_by
where d.org_id = (select fl_org()) and d.id = $1 order by v.version desc

-- name: document_newer
-- why: the version that counts, when it is another
-- in: id uuid
-- out: newer_id uuid, newer_version int
select v.id, v.version::bigint from documents d join documents v on v.org_id = d.org_id and v.family = d.family and not v.superseded
where d.org_id = (select fl_org()) and d.id = $1 and d.superseded order by v.version desc limit 1

-- name: document_note_list
-- why: the notes on a page, from top to bottom
-- in: id uuid, page int, find text
-- out: note_id uuid, n int, x int, y int, pinned bool, body text, by text, created_at timestamptz
select n.id, row_number() over (order by n.y nulls first, n.x, n.id), n.x::bigint, n.y::bigint, n.x is not null, n.body, m.name, n.created_at
from document_notes n left join memberships m on m.org_id = n.org_id and m.user_id = n.user_id
where n.org_id = (select fl_org()) and n.document_id = $1 and n.page = (select document_page_at($1, $2, $3)) order by 2

-- name: document_note_add
-- why: pins a note to a place on a page
-- effect
-- in: id uuid, page int, word text, x text, y text, body text
-- out: id uuid, page int, note_id uuid
select * from document_note_add($1, $2, $3::bigint, $4::bigint, $5::bigint, $6)

-- name: document_note_remove
-- why: takes a note away
-- effect
-- in: id uuid, note uuid
-- out: id uuid, page int
select * from document_note_remove($1, $2)
