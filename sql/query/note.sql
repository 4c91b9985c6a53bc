-- name: note_list
-- why: notifications of who asks, unread first, then newest first
-- in: after text, limit int
-- out: id uuid, kind text, number int, subject text, path text, unread bool, at timestamptz, cursor text
select n.id, n.kind, (n.detail ->> 'number')::bigint, n.detail ->> 'subject', note_path(n.subject_kind, n.subject_id), n.read_at is null, n.created_at,
	case when n.read_at is null then '1' else '0' end || n.id
from notifications n where n.org_id = (select fl_org()) and n.user_id = (select fl_user())
	and ($1::text is null or ((n.read_at is null)::int, n.id) < (left($1, 1)::int, substr($1, 2)::uuid))
order by n.read_at is null desc, n.id desc limit $2

-- name: note_counts
-- why: how many notifications who asks has, and how many he has not read
-- out: unread int, kept int
select count(*) filter (where n.read_at is null), count(*) from notifications n where n.org_id = (select fl_org()) and n.user_id = (select fl_user())

-- name: note_read
-- why: marks one notification, or all, as read
-- effect
-- in: id uuid
-- out: done int
select done from note_read($1)

-- name: note_choices
-- why: what who asks wants to hear of, and how
-- out: kind text, in_app bool, email bool
select k.kind, coalesce(n.in_app, true), coalesce(n.email, false)
from note_kinds() k left join notification_preferences n on n.org_id = (select fl_org()) and n.user_id = (select fl_user()) and n.kind = k.kind order by k.n

-- name: note_choose
-- why: changes what who asks wants to hear of
-- effect
-- in: in_app jsonb, email jsonb
-- out: done int
select done from note_choose($1, $2)

-- name: sweep_note_forget
-- why: old notifications go
-- out: done int
select note_forget() as done
