-- name: form_public
-- why: the form behind a public key
-- in: _address text
-- out: id uuid, title text, intro text, thanks text, org_name text, first_answer_min int, sum_a int, sum_b int, has_files bool
select f.id, f.title, f.intro, f.thanks, o.name, coalesce((o.settings ->> 'first_answer_min')::bigint, 240), q.a::bigint, q.b::bigint,
	f.fields @> '[{"kind": "file"}]'
from intake_forms f join organizations o on o.id = f.org_id left join form_question(f.id, $1) q on true
where f.org_id = (select fl_org()) and f.id = nullif(current_setting('app.subject_id', true), '')::uuid and f.active

-- name: form_sites
-- why: which sites may show the form or status page that is open (space-separated origins; none: any), and whether this one is listed; refuses what another one sends
-- in: origin text, sends bool
-- out: sites text, listed bool
select sites, listed from form_sites($1, $2)

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
from form_submit($1, $2, $3, $4, $5, $6) s, lateral form_acknowledge(s.id, s.status, s.status_key, $6) a

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

-- name: channel_forms
-- why: forms of the organisation, with what came through each in a day
-- out: id uuid, name text, title text, public_key text, pipeline text, active bool, fields int, recent int
select f.id, f.name, f.title, f.public_key, p.name, f.active, jsonb_array_length(f.fields)::bigint,
	(select count(*) from form_visits v where v.org_id = (select fl_org()) and v.form_id = f.id)
from intake_forms f left join pipelines p on p.org_id = (select fl_org()) and p.id = f.pipeline_id
where f.org_id = (select fl_org()) order by f.active desc, lower(f.name), f.id limit 200

-- name: channel_webhooks
-- why: webhook sources of the organisation
-- out: id uuid, name text, scheme text, active bool, last_at timestamptz
select s.id, s.name, s.scheme, s.active, (select max(w.created_at) from webhook_receipts w where w.org_id = (select fl_org()) and w.source_id = s.id)
from webhook_sources s where s.org_id = (select fl_org()) order by s.active desc, lower(s.name), s.id limit 200

-- name: channel_mailboxes
-- why: mailboxes of the organisation
-- out: id uuid, name text, address text, polled bool, active bool, last_polled_at timestamptz, last_error text
select b.id, b.name, b.address, b.imap_url is not null, b.active, b.last_polled_at, b.last_error
from mailboxes b where b.org_id = (select fl_org()) order by b.active desc, b.address limit 200

-- name: form_show
-- why: a form to be edited
-- in: id uuid, _url text
-- out: id uuid, version int, name text, title text, intro text, thanks text, pipeline_id uuid, pipeline text, active bool, url text, room int, embed_origins text, has_files bool
select f.id, f.version::bigint, f.name, f.title, f.intro, f.thanks, f.pipeline_id, p.name, f.active, $2::text || '/f/' || f.public_key, greatest(0, 30 - jsonb_array_length(f.fields))::bigint,
	replace(f.embed_origins, ' ', E'\n'), f.fields @> '[{"kind": "file"}]'
from intake_forms f left join pipelines p on p.org_id = (select fl_org()) and p.id = f.pipeline_id
where f.org_id = (select fl_org()) and f.id = $1

-- name: form_rows
-- why: the fields of a form in their order
-- in: id uuid
-- out: id text, name text, label text, hint text, kind text, required bool, choices text, first bool, last bool
select x ->> 'name', x ->> 'name', x ->> 'label', x ->> 'hint', x ->> 'kind', coalesce((x ->> 'required')::boolean, false),
	(select string_agg(c, E'\n') from jsonb_array_elements_text(coalesce(x -> 'choices', '[]')) c), e.i = 1, e.i = jsonb_array_length(f.fields)
from intake_forms f, jsonb_array_elements(f.fields) with ordinality e(x, i)
where f.org_id = (select fl_org()) and f.id = $1 order by e.i

-- name: form_row_options
-- why: what the choices of a form offer, for the snippet
-- in: id uuid
-- out: field text, option text
select x ->> 'name', c.option
from intake_forms f cross join lateral jsonb_array_elements(f.fields) with ordinality e(x, i)
	cross join lateral jsonb_array_elements_text(coalesce(x -> 'choices', '[]')) with ordinality c(option, n)
where f.org_id = (select fl_org()) and f.id = $1 order by e.i, c.n

-- name: form_add
-- why: makes a form
-- effect
-- in: name text, title text, intro text, thanks text, pipeline_id uuid, embed_origins text
-- out: id uuid
select id from form_add($1, $2, $3, $4, $5, $6)

-- name: form_set
-- why: changes a form
-- effect
-- in: id uuid, version int, name text, title text, intro text, thanks text, pipeline_id uuid, embed_origins text
-- out: id uuid
select id from form_set($1, $2, $3, $4, $5, $6, $7, $8)

-- name: form_field_set
-- why: adds or changes a field of a form
-- effect
-- in: id uuid, version int, field text, label text, hint text, kind text, required bool, choices text
-- out: id uuid
select id from form_field_set($1, $2, $3, $4, $5, $6, $7, $8)

-- name: form_field_remove
-- why: takes a field off a form
-- effect
-- in: id uuid, version int, field text
-- out: id uuid
select id from form_field_remove($1, $2, $3)

-- name: form_field_move
-- why: moves a field of a form up or down
-- effect
-- in: id uuid, version int, field text, where text
-- out: id uuid
select id from form_field_move($1, $2, $3, $4)

-- name: form_switch
-- why: opens or shuts a form
-- effect
-- in: id uuid, active bool
-- out: id uuid
select id from form_switch($1, $2)

-- name: webhook_fresh
-- why: a secret to begin with; shown on the page of a new source and never again
-- out: secret text
select 'whsec_' || replace(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'\n', '')

-- name: webhook_show
-- why: a webhook source to be edited
-- in: id uuid, _url text
-- out: id uuid, name text, scheme text, active bool, url text, map_subject text, map_body text, map_name text, map_email text, map_phone text
select s.id, s.name, s.scheme, s.active, $2::text || '/api/webhooks/' || s.public_key, s.mapping ->> 'subject', s.mapping ->> 'body', s.mapping ->> 'name', s.mapping ->> 'email',
	s.mapping ->> 'phone'
from webhook_sources s where s.org_id = (select fl_org()) and s.id = $1

-- name: webhook_receipts
-- why: what came from a source lately
-- in: id uuid
-- out: provider_id text, created_at timestamptz, intake_id uuid, number int, subject text
select w.provider_id, w.created_at, w.intake_id, r.number, r.subject
from webhook_receipts w left join intake_requests r on r.org_id = (select fl_org()) and r.id = w.intake_id
where w.org_id = (select fl_org()) and w.source_id = $1 order by w.created_at desc limit 50

-- name: webhook_add
-- why: makes a webhook source
-- effect
-- in: name text, scheme text, secret bytea, mapping jsonb
-- out: id uuid
select id from webhook_add($1, $2, $3, $4)

-- name: webhook_set
-- why: changes a webhook source
-- effect
-- in: id uuid, name text, scheme text, secret bytea, mapping jsonb
-- out: id uuid
select id from webhook_set($1, $2, $3, $4, $5)

-- name: webhook_switch
-- why: opens or shuts a webhook source
-- effect
-- in: id uuid, active bool
-- out: id uuid
select id from webhook_switch($1, $2)

-- name: webhook_door
-- why: the source behind a webhook's address
-- out: id uuid, name text, scheme text, secret bytea, mapping jsonb
select s.id, s.name, s.scheme, s.secret, s.mapping
from webhook_sources s where s.org_id = (select fl_org()) and s.id = nullif(current_setting('app.subject_id', true), '')::uuid and s.active

-- name: webhook_claim
-- why: claims a provider's id; answers the request it became when it came before, as webhook_take does
-- in: source_id uuid, provider_id text
-- out: id uuid, number int, status text
select c.id, i.number, i.status from (select webhook_claim($1, $2) offset 0) c (id) left join intake_requests i on i.org_id = (select fl_org()) and i.id = c.id

-- name: webhook_take
-- why: makes a request of what a webhook said
-- in: source_id uuid, provider_id text, subject text, body text, name text, email text, phone text
-- out: id uuid, number int, status text
select id, number, status from webhook_take($1, $2, $3, $4, $5, $6, $7)

-- name: sweep_form_visits
-- why: forgets who sent through forms more than a day ago
-- out: done int
select form_visits_forget()
