-- name: sop_list
-- why: procedures who asks may see, by title, with what is asked of him and how many have acknowledged
-- in: view text, after text, limit int
-- out: id uuid, title text, state text, n int, changed bool, places text, due_at timestamptz, late bool, soon bool, waits bool, acked_at timestamptz, writes bool, people int, acked int, due_again bool, cursor text
select s.id, x.title, s.state, s.n::bigint, s.n > 0 and (v.title, v.body, v.document_id) is distinct from (s.title, s.body, s.document_id) and w.writes, place_words(s.places),
	case when r.acked < s.asks then d.due end, r.acked < s.asks and d.due < now(), r.acked < s.asks and d.due < now() + interval '1 day',
	coalesce(r.acked < s.asks and s.must, false), r.acked_at, w.writes, c.people, c.acked, coalesce(s.review_on <= (now() at time zone fl_zone())::date and w.writes and s.state = 'published', false), x.place
from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
	left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = (select fl_user())
	cross join lateral (select coalesce(v.title, s.title) as title, lower(coalesce(v.title, s.title)) || ' ' || s.id as place) x
	cross join lateral (select sop_reach(s.places) as writes) w cross join lateral (select sop_due(s, r) as due) d
	left join lateral (select count(*) as people, count(*) filter (where q.acked >= s.asks) as acked from sop_readers q where w.writes and q.org_id = s.org_id and q.sop_id = s.id) c on true
where s.org_id = (select fl_org()) and x.place > coalesce($2, '')
	and case $1 when 'archived' then s.state = 'archived' when 'draft' then s.state = 'draft' when 'mine' then s.state = 'published' and s.must and r.acked < s.asks else s.state <> 'archived' end
order by x.place limit $3

-- name: sop_scope
-- why: which list this is, and how long the others are
-- in: view text
-- out: view text, mine int, draft int, archived int
select $1, count(*) filter (where s.state = 'published' and s.must and r.acked < s.asks), count(*) filter (where s.state = 'draft'), count(*) filter (where s.state = 'archived')
from sops s left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = (select fl_user()) where s.org_id = (select fl_org())

-- name: sop_show
-- why: a procedure as it counts, or one of its versions; 0, and one that nobody published: as it is being written
-- in: id uuid, v int
-- out: id uuid, title text, state text, n int, shown int, old bool, draft bool, changed bool, small bool, note text, document_id uuid, document text, published_at timestamptz, published_by text, places text,
-- out: must bool, due_days int, owner text, review_on date, review_due bool, version int, writes bool, reader bool, acked int, acked_at timestamptz, waits bool, due_at timestamptz, late bool, shown_acked_at timestamptz, people int, done int
select s.id, coalesce(v.title, s.title), s.state, s.n::bigint, v.n::bigint, v.n < s.n, v.n is null, s.n > 0 and (l.title, l.body, l.document_id) is distinct from (s.title, s.body, s.document_id) and w.writes,
	coalesce(v.small, false), nullif(v.note, ''), d.id, d.name, v.created_at, p.name, place_words(s.places),
	s.must, s.due_days::bigint, o.name, s.review_on, coalesce(s.review_on <= (now() at time zone fl_zone())::date, false), s.version::bigint, w.writes, r.user_id is not null, r.acked::bigint, r.acked_at,
	coalesce(r.acked < s.asks and s.must, false), case when r.acked < s.asks then sop_due(s, r) end, r.acked < s.asks and sop_due(s, r) < now(), a.created_at, c.people, c.acked
from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = coalesce($2, s.n)
	left join sop_versions l on l.org_id = s.org_id and l.sop_id = s.id and l.n = s.n
	left join documents d on d.org_id = s.org_id and d.id = case when v.n is null then s.document_id else v.document_id end
	left join memberships p on p.org_id = s.org_id and p.user_id = v.published_by left join memberships o on o.org_id = s.org_id and o.user_id = s.owner_id
	left join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = (select fl_user())
	left join sop_acknowledgements a on a.org_id = s.org_id and a.sop_id = s.id and a.n = v.n and a.user_id = (select fl_user())
	cross join lateral (select sop_reach(s.places) as writes) w
	left join lateral (select count(*) as people, count(*) filter (where q.acked >= s.asks) as acked from sop_readers q where w.writes and q.org_id = s.org_id and q.sop_id = s.id) c on true
where s.org_id = (select fl_org()) and s.id = $1 and (v.n is not null or w.writes and coalesce($2, 0) = 0)

-- name: sop_audience
-- why: the roles it is for, none when it is for any
-- in: id uuid
-- out: role text
select x.role from member_roles() x join sops s on s.org_id = (select fl_org()) and s.id = $1 and x.role = any (s.roles)

-- name: sop_blocks
-- why: its text in blocks
-- in: id uuid, v int
-- out: id text, kind text
select t.block::text, min(t.kind) from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = coalesce($2, s.n)
	cross join lateral text_lines(case when v.n is null then s.body else v.body end) t
where s.org_id = (select fl_org()) and s.id = $1 and t.kind <> 'gap' and (v.n is not null or sop_reach(s.places)) group by t.block order by t.block

-- name: sop_lines
-- why: the lines of these blocks
-- in: id uuid, v int
-- out: block text, text text
select t.block::text, t.text from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = coalesce($2, s.n)
	cross join lateral text_lines(case when v.n is null then s.body else v.body end) with ordinality t(block, kind, text, place)
where s.org_id = (select fl_org()) and s.id = $1 and t.kind <> 'gap' and (v.n is not null or sop_reach(s.places)) order by t.block, t.place

-- name: sop_versions
-- why: its versions, newest first, with how many acknowledged each
-- in: id uuid
-- out: n int, title text, note text, small bool, published_by text, published_at timestamptz, acked int, acked_at timestamptz
select v.n::bigint, v.title, nullif(v.note, ''), v.small, p.name, v.created_at, (select count(*) from sop_acknowledgements a where a.org_id = v.org_id and a.sop_id = v.sop_id and a.n = v.n),
	(select a.created_at from sop_acknowledgements a where a.org_id = v.org_id and a.sop_id = v.sop_id and a.n = v.n and a.user_id = (select fl_user()))
from sop_versions v left join memberships p on p.org_id = v.org_id and p.user_id = v.published_by
where v.org_id = (select fl_org()) and v.sop_id = $1 order by v.n desc limit 200

-- name: sop_people
-- why: who has acknowledged the version that is shown and who has not, the late first; nobody is told but who may write it
-- in: id uuid, v int
-- out: user_id uuid, name text, acked_at timestamptz, acked_n int, due_at timestamptz, late bool, waits bool, gone bool
select x.user_id, x.name, x.at, x.n::bigint, x.due, coalesce(x.due < now(), false), x.waits, x.gone from (
	select r.user_id, m.name, coalesce(a.created_at, case when $2 is null or $2 = s.n then case when r.acked >= s.asks then r.acked_at end end) as at,
			coalesce(a.n, case when ($2 is null or $2 = s.n) and r.acked >= s.asks then r.acked end) as n,
			case when ($2 is null or $2 = s.n) and r.acked < s.asks then sop_due(s, r) end as due, ($2 is null or $2 = s.n) and r.acked < s.asks and s.must as waits, false as gone
		from sops s join sop_readers r on r.org_id = s.org_id and r.sop_id = s.id join memberships m on m.org_id = r.org_id and m.user_id = r.user_id
			left join sop_acknowledgements a on a.org_id = s.org_id and a.sop_id = s.id and a.user_id = r.user_id and a.n = coalesce($2, s.n)
		where s.org_id = (select fl_org()) and s.id = $1 and sop_reach(s.places)
	union all
	select a.user_id, a.name, a.created_at, a.n, null, false, true from sops s join sop_acknowledgements a on a.org_id = s.org_id and a.sop_id = s.id and a.n = coalesce($2, s.n)
		where s.org_id = (select fl_org()) and s.id = $1 and sop_reach(s.places) and not exists (select from sop_readers r where r.org_id = a.org_id and r.sop_id = a.sop_id and r.user_id = a.user_id)
	) x order by x.at is not null, x.due, lower(x.name), x.user_id limit 1000

-- name: sop_edit
-- why: a procedure as it is being written
-- in: id uuid
-- out: id uuid, title text, body text, document_id uuid, document text, state text, n int, changed bool, must bool, due_days int, owner_id uuid, review_on text, version int
select s.id, s.title, s.body, s.document_id, d.name, s.state, s.n::bigint, (v.title, v.body, v.document_id) is distinct from (s.title, s.body, s.document_id), s.must, s.due_days::bigint, s.owner_id, s.review_on::text, s.version::bigint
from sops s left join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n left join documents d on d.org_id = s.org_id and d.id = s.document_id
where s.org_id = (select fl_org()) and s.id = $1 and sop_reach(s.places)

-- name: sop_fresh
-- why: what a new one begins with
-- out: must bool, due_days int
select true, 7::bigint

-- name: sop_roles
-- why: the roles a procedure may be for, and which of them it is for
-- in: id uuid, roles jsonb
-- out: role text, chosen bool
select x.role, coalesce($2 ? x.role, exists (select from sops s where s.org_id = (select fl_org()) and s.id = $1 and x.role = any (s.roles))) from member_roles() x

-- name: sop_new_roles
-- why: the same of what is not there yet
-- in: roles jsonb
-- out: role text, chosen bool
select x.role, coalesce($1 ? x.role, false) from member_roles() x

-- name: sop_places
-- why: the areas and teams it may be for, and which of them it is for; who writes for his own sees these
-- in: id uuid, places jsonb
-- out: kind text, scope text, name text, part bool, chosen bool
select x.kind, x.scope, x.name, x.part, coalesce($2 ? x.scope, exists (select from sops s where s.org_id = (select fl_org()) and s.id = $1 and x.scope = any (s.places))) from sop_choices() x

-- name: sop_new_places
-- why: the same of what is not there yet
-- in: places jsonb
-- out: kind text, scope text, name text, part bool, chosen bool
select x.kind, x.scope, x.name, x.part, coalesce($1 ? x.scope, false) from sop_choices() x

-- name: sop_owners
-- why: who may look after it, and who does
-- in: id uuid, owner_id uuid
-- out: id uuid, name text, chosen bool
select m.user_id, m.name, m.user_id = coalesce($2, s.owner_id) from memberships m left join sops s on s.org_id = m.org_id and s.id = $1
where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm') order by lower(m.name), m.user_id limit 500

-- name: sop_new_owners
-- why: the same of what is not there yet: who writes it
-- in: owner_id uuid
-- out: id uuid, name text, chosen bool
select m.user_id, m.name, m.user_id = coalesce($1, fl_user()) from memberships m
where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm') order by lower(m.name), m.user_id limit 500

-- name: sop_documents
-- why: the newest documents and the one it has, which may hold the text
-- in: id uuid, document_id uuid
-- out: id uuid, name text, chosen bool
select d.id, d.name, d.id is not distinct from coalesce($2, s.document_id) from sops s join documents d on d.org_id = s.org_id
where s.org_id = (select fl_org()) and s.id = $1 and fl_can('document.read') order by d.id is distinct from coalesce($2, s.document_id), d.id desc limit 100

-- name: sop_new_documents
-- why: the newest documents, one of which may hold the text
-- in: document_id uuid
-- out: id uuid, name text, chosen bool
select d.id, d.name, coalesce(d.id = $1, false) from documents d where d.org_id = (select fl_org()) and fl_can('document.read') order by d.id is distinct from $1, d.id desc limit 100

-- name: sop_mine
-- why: what who asks has still to read and acknowledge, the first due first
-- out: id uuid, title text, due_at timestamptz, late bool, soon bool, first bool, last bool, all int
select x.id, x.title, x.due, x.due < now(), x.due < now() + interval '1 day', row_number() over w = 1, row_number() over w = least(count(*) over (), 20), count(*) over ()
from (select s.id, v.title, sop_due(s, r) as due from sop_readers r join sops s on s.org_id = r.org_id and s.id = r.sop_id and s.state = 'published' and s.must and r.acked < s.asks
		join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
	where r.org_id = (select fl_org()) and r.user_id = (select fl_user())) x window w as (order by x.due, x.title, x.id) order by x.due, x.title, x.id limit 20

-- name: sop_add
-- why: a new draft
-- effect
-- in: title text, body text, document_id uuid, must bool, due_days int, roles jsonb, places jsonb, owner_id uuid, review_on date
-- out: id uuid
select a.id from sop_add($1, $2, $3, $4, $5, $6, $7, $8, $9) a

-- name: sop_save
-- why: writes the next words of a procedure
-- effect
-- in: id uuid, version int, title text, body text, document_id uuid
-- out: id uuid
select a.id from sop_save($1, $2, $3, $4, $5) a

-- name: sop_rules
-- why: says whom it is for and by when
-- effect
-- in: id uuid, version int, must bool, due_days int, roles jsonb, places jsonb, owner_id uuid, review_on date
-- out: id uuid
select a.id from sop_rules($1, $2, $3, $4, $5, $6, $7, $8) a

-- name: sop_publish
-- why: what is written becomes the version that counts
-- effect
-- in: id uuid, version int, small bool, note text
-- out: id uuid, n int
select a.id, a.n from sop_publish($1, $2, $3, $4) a

-- name: sop_archive
-- why: puts a procedure away
-- effect
-- in: id uuid, version int
-- out: id uuid
select a.id from sop_archive($1, $2) a

-- name: sop_restore
-- why: takes it out again
-- effect
-- in: id uuid, version int
-- out: id uuid
select a.id from sop_restore($1, $2) a

-- name: sop_acknowledge
-- why: a person acknowledges the version that was read
-- effect
-- in: id uuid, n int
-- out: id uuid, n int, current bool, acknowledged_at timestamptz, said text
select a.id, a.n, a.current, a.acknowledged_at, case when a.current then 'sop_acknowledged' else 'sop_acknowledged_old' end from sop_acknowledge($1, $2) a

-- name: search_sops
-- why: procedures whose title or text holds all the words
-- in: q text
-- out: id uuid, title text, title_marks jsonb
select s.id, v.title, search_marks_of(v.title, $1) from sops s join sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
where s.org_id = (select fl_org()) and fl_can('sop.read') and s.state = 'published' and search_words(v.title || ' ' || v.body) @@ search_query(coalesce($1, '')) order by lower(v.title), s.id limit 10

-- name: sweep_sops
-- why: who is late with a procedure is told, and who has to look at one again
-- out: done int
select sop_sweep() as done
