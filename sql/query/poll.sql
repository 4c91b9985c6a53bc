-- name: poll_list
-- why: polls of the organisation, the open ones first
-- out: id uuid, title text, state text, owner text, votes int, times int, created_at timestamptz
select p.id, p.title, p.state, (select m.name from memberships m where m.org_id = p.org_id and m.user_id = p.owner_id),
	(select count(*) from poll_votes v where v.org_id = p.org_id and v.poll_id = p.id), (select count(*) from poll_options o where o.org_id = p.org_id and o.poll_id = p.id), p.created_at
from polls p where p.org_id = (select fl_org()) order by p.state <> 'OPEN', p.created_at desc limit 200

-- name: poll_fresh
-- why: what a new poll begins with
-- out: minutes int, zone text
select 30::bigint, calendar_zone()

-- name: poll_starts
-- why: the times typed so far, and places for more
-- in: starts jsonb
-- out: n int, at text
select x.n, x.at from (select s.n, s.at from jsonb_array_elements_text($1::jsonb) with ordinality s(at, n) union all
	select g, null from generate_series(coalesce(jsonb_array_length($1::jsonb), 0) + 1, greatest(6, coalesce(jsonb_array_length($1::jsonb), 0) + 1)::bigint) g) x(n, at) order by x.n

-- name: poll_show
-- why: one poll
-- in: id uuid, _url text
-- out: id uuid, title text, note text, place text, zone text, minutes int, state text, named bool, owner text, mine bool, url text, event_id uuid, voted bool
select p.id, p.title, p.note, p.place, calendar_zone(), p.minutes::bigint, p.state, p.named, (select m.name from memberships m where m.org_id = p.org_id and m.user_id = p.owner_id),
	p.owner_id = fl_user() or fl_can('booking.manage'), $2::text || '/poll/' || p.public_key, p.event_id,
	exists (select from poll_votes v where v.org_id = p.org_id and v.poll_id = p.id and v.user_id = fl_user())
from polls p where p.org_id = (select fl_org()) and p.id = $1

-- name: poll_options
-- why: its times in the reader's zone, with what was said of each
-- in: id uuid, answers jsonb
-- out: id uuid, weekday text, number text, month text, clock text, ends_clock text, offset text, yes int, maybe int, no int, best bool, picked bool, mine text
select t.id, t.weekday, t.number, t.month, t.clock, t.ends_clock, t.shift, t.yes, t.maybe, t.no, t.best, t.picked, t.mine from polls p,
	poll_times(p, calendar_zone(), (select v.id from poll_votes v where v.org_id = p.org_id and v.poll_id = p.id and v.user_id = fl_user()), $2) t
where p.org_id = (select fl_org()) and p.id = $1 order by t.starts_at

-- name: poll_voters
-- why: who answered
-- in: id uuid
-- out: id uuid, name text, email text
select v.id, v.name, v.email from poll_votes v where v.org_id = (select fl_org()) and v.poll_id = $1 order by v.id

-- name: poll_cells
-- why: what each of them said of each time
-- in: id uuid
-- out: vote_id uuid, weekday text, number text, month text, clock text, answer text
select v.id, t.weekday, t.number, t.month, t.clock, a.answer from polls p cross join lateral poll_times(p, calendar_zone(), null, null) t join poll_votes v on v.org_id = p.org_id and v.poll_id = p.id
	left join poll_answers a on a.org_id = p.org_id and a.option_id = t.id and a.vote_id = v.id
where p.org_id = (select fl_org()) and p.id = $1 order by v.id, t.starts_at

-- name: poll_ask
-- why: the poll behind a link, and the answer it belongs to
-- in: zone text
-- out: title text, note text, place text, zone text, minutes int, state text, named bool, owner text, name text, email text, voted bool
select p.title, p.note, p.place, case when calendar_is_zone($1) then $1 else p.zone end, p.minutes::bigint, p.state, p.named,
	(select m.name from memberships m where m.org_id = p.org_id and m.user_id = p.owner_id), v.name, v.email, v.id is not null
from poll_here() p left join poll_votes v on v.org_id = p.org_id and v.id = nullif(current_setting('app.subject_id', true), '')::uuid where p.id is not null

-- name: poll_ask_options
-- why: its times in the visitor's zone
-- in: zone text, answers jsonb
-- out: id uuid, weekday text, number text, month text, clock text, ends_clock text, offset text, yes int, maybe int, no int, best bool, picked bool, mine text
select t.id, t.weekday, t.number, t.month, t.clock, t.ends_clock, t.shift, case when p.named then t.yes end, case when p.named then t.maybe end,
	case when p.named then t.no end, t.best and p.named, t.picked, t.mine from poll_here() p,
	poll_times(p, $1, nullif(current_setting('app.subject_id', true), '')::uuid, $2) t order by t.starts_at

-- name: poll_ask_voters
-- why: who answered, where everybody may see it
-- out: id uuid, name text, email text
select v.id, v.name, null::text from poll_here() p join poll_votes v on v.org_id = p.org_id and v.poll_id = p.id where p.named order by v.id

-- name: poll_ask_cells
-- why: what each of them said of each time
-- in: zone text
-- out: vote_id uuid, weekday text, number text, month text, clock text, answer text
select v.id, t.weekday, t.number, t.month, t.clock, a.answer from poll_here() p cross join lateral poll_times(p, $1, null, null) t join poll_votes v on v.org_id = p.org_id and v.poll_id = p.id
	left join poll_answers a on a.org_id = p.org_id and a.option_id = t.id and a.vote_id = v.id
where p.named order by v.id, t.starts_at

-- name: poll_add
-- why: proposes times
-- effect
-- in: title text, note text, place text, minutes int, zone text, named bool, starts jsonb
-- out: id uuid
select a.id from poll_add($1, $2, $3, $4, $5, $6, $7) a

-- name: poll_add_times
-- why: proposes further times
-- effect
-- in: id uuid, starts jsonb
-- out: id uuid
select a.id from poll_add_times($1, $2) a

-- name: poll_visit
-- why: a visitor answers
-- effect
-- in: name text, email text, answers jsonb
-- out: vote_key text
select v.vote_key from poll_visit($1, $2, $3) v

-- name: poll_revisit
-- why: a visitor answers otherwise
-- effect
-- in: name text, email text, answers jsonb
-- out: id uuid
select v.id from poll_revisit($1, $2, $3) v

-- name: poll_answer
-- why: one of the organisation answers
-- effect
-- in: id uuid, answers jsonb
-- out: id uuid
select a.id from poll_answer($1, $2) a

-- name: poll_pick
-- why: one of the times becomes an event
-- effect
-- in: id uuid, option uuid
-- out: id uuid
select k.id from poll_pick($1, $2) k

-- name: poll_close
-- why: a poll ends without a time
-- effect
-- in: id uuid
-- out: id uuid
select c.id from poll_close($1) c
