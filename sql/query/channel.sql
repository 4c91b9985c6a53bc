-- name: form_public
-- why: the form behind a public key
-- in: _address text
-- out: id uuid, title text, intro text, thanks text, org_name text, first_answer_min int, sum_a int, sum_b int
select f.id, f.title, f.intro, f.thanks, o.name, coalesce((o.settings ->> 'first_answer_min')::bigint, 240), q.a::bigint, q.b::bigint
from intake_forms f join organizations o on o.id = f.org_id left join form_question(f.id, $1) q on true
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid and f.active

-- name: form_inputs
-- why: the fields of the form behind a public key, with what its address fills in
-- in: field jsonb
-- out: id text, name text, label text, hint text, kind text, required bool, value text, wrong text
select x ->> 'name', x ->> 'name', x ->> 'label', nullif(x ->> 'hint', ''), x ->> 'kind', coalesce((x ->> 'required')::boolean, false), left($1::jsonb ->> (x ->> 'name'), 500), null
from intake_forms f, jsonb_array_elements(f.fields) with ordinality e(x, i)
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid order by e.i

-- name: form_inputs_again
-- why: the same with what was typed and what is wrong with it
-- in: field jsonb
-- out: id text, name text, label text, hint text, kind text, required bool, value text, wrong text
select x ->> 'name', x ->> 'name', x ->> 'label', nullif(x ->> 'hint', ''), x ->> 'kind', coalesce((x ->> 'required')::boolean, false), $1::jsonb ->> (x ->> 'name'), substr(w.wrong, 7)
from intake_forms f cross join lateral jsonb_array_elements(f.fields) with ordinality e(x, i)
	left join form_wrong(f.fields, $1) w on w.name = x ->> 'name'
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid order by e.i

-- name: form_options
-- why: what the choices of the form behind a public key offer
-- in: field jsonb
-- out: field text, option text, n int, chosen bool
select x ->> 'name', c.option, c.n, c.option = $1::jsonb ->> (x ->> 'name')
from intake_forms f cross join lateral jsonb_array_elements(f.fields) with ordinality e(x, i)
	cross join lateral jsonb_array_elements_text(coalesce(x -> 'choices', '[]')) with ordinality c(option, n)
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid and x ->> 'kind' = 'choice' order by e.i, c.n

-- name: form_submit
-- why: takes what a stranger wrote into a form
-- effect
-- in: field jsonb, website text, answer text, _form_age int, _address text, _locale text, _url text
-- out: id uuid, number int, status text, status_key text, status_url text
select s.id, s.number, case s.status when 'QUARANTINED' then 'NEW' else s.status end, s.status_key, $7 || '/status/' || s.status_key
from form_submit($1, $2, $3, $4, $5, $6) s

-- name: status_show
-- why: what a submitter sees behind his link
-- out: number int, subject text, channel text, email text, received_at timestamptz, org_name text, thanks text, pipeline text, sorted bool, answered_at timestamptz
-- out: due_at timestamptz, overdue bool, is_open bool, closed_at timestamptz, heard text
select r.number, r.subject, r.channel, r.requester_email, r.created_at, o.name, nullif(f.thanks, ''), p.name, r.status = 'ASSIGNED' or r.pipeline_id is not null, r.answered_at,
	r.due_at, r.answered_at is null and r.due_at < now(), r.status not in ('CLOSED', 'REJECTED') or r.status = 'QUARANTINED', case when r.status = 'CLOSED' then r.closed_at end,
	case when r.status = 'CLOSED' then 'closed' when r.answered_at is not null then 'answered' else 'open' end
from intake_requests r join organizations o on o.id = r.org_id
	left join intake_forms f on f.org_id = (select fl_org()) and f.id = r.form_id
	left join pipelines p on p.org_id = (select fl_org()) and p.id = r.pipeline_id
where r.org_id = (select fl_org()) and r.id = nullif(current_setting('app.subject_id', true), '')::uuid

-- name: status_thread
-- why: what was said between both sides; notes stay inside
-- out: id uuid, kind text, body text, at timestamptz
select m.id, m.direction, m.body, m.created_at from intake_messages m
where m.org_id = (select fl_org()) and m.intake_id = nullif(current_setting('app.subject_id', true), '')::uuid and m.direction in ('in', 'out')
order by m.created_at, m.id limit 200

-- name: status_add
-- why: a word the submitter adds
-- effect
-- in: body text
-- out: id uuid
select id from status_add($1)

-- name: status_withdraw
-- why: the submitter takes his request back
-- effect
-- out: id uuid
select id from status_withdraw()
