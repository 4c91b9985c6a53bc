-- name: intake_post
-- why: a request by the API
-- effect
-- in: channel text, subject text, body text, name text, email text, phone text, fields jsonb, _locale text, _url text, documents jsonb
-- out: id uuid, number int, status text, status_url text
select (c.r).id, (c.r).number, case when $10::jsonb is null then (c.r).status else intake_files_link((c.r).id, (c.r).status, $10) end, $9 || '/status/' || (c.r).status_key
from (select intake_create($1, $2, $3, $4, $5, $6, $7, null, null, null, null, null, $8) r offset 0) c

-- name: intake_add
-- why: a request a colleague writes down, from the phone or the counter
-- effect
-- in: channel text, subject text, body text, name text, email text, phone text, pipeline_id uuid, _locale text
-- out: id uuid, number int, status text
select c.id, c.number, c.status from intake_create($1, $2, $3, $4, $5, $6, '{}', null, null, $7, null, null, $8) c

-- name: intake_index
-- why: the list for programs: newest first, no texts
-- in: status text, channel text, pipeline_id uuid, assignee_id uuid, after uuid, limit int
-- out: id uuid, number int, status text, channel text, subject text, requester_name text, pipeline_id uuid, assignee_id uuid
-- out: priority int, due_at timestamptz, created_at timestamptz, cursor uuid
select r.id, r.number, r.status, r.channel, r.subject, r.requester_name, r.pipeline_id, r.assignee_id, r.priority::bigint, r.due_at, r.created_at, r.id
from intake_requests r
where r.org_id = (select fl_org()) and r.id < list_after($5::uuid::text)
	and case when $1::text is null then true else r.status = $1 end
	and case when $2::text is null then true else r.channel = $2 end
	and case when $3::uuid is null then true else r.pipeline_id = $3 end and case when $4::uuid is null then true else r.assignee_id = $4 end
order by r.id desc limit $6

-- name: intake_list
-- why: the queue as people see it: open requests most urgent first, others newest first
-- in: view text, channel text, pipeline_id uuid, assignee_id uuid, q text, after text, limit int
-- out: id uuid, number int, status text, channel text, subject text, first_line text, requester text, due_at timestamptz, late bool, soon bool, promise text
-- out: created_at timestamptz, age int, age_unit text, route text, destination text, by_person bool, confidence float, reason text, assignee text, quarantine_reason text, cursor text
with page as materialized (
	(select r.* from intake_requests r
	where $1 not in ('closed', 'quarantined') and r.org_id = (select fl_org()) and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW')
		and (r.due_at, r.id) > (case when $6::text is null then '-infinity' else split_part($6, '~', 1)::timestamptz end, case when $6::text is null then '00000000-0000-0000-0000-000000000000' else split_part($6, '~', 2)::uuid end)
		and case $1 when 'review' then r.status = 'NEEDS_REVIEW' when 'approval' then r.status = 'NEEDS_APPROVAL' when 'mine' then r.assignee_id = (select fl_user())
			when 'unassigned' then r.assignee_id is null else true end
		and case when $2::text is null then true else r.channel = $2 end and case when $3::uuid is null then true else r.pipeline_id = $3 end and case when $4::uuid is null then true else r.assignee_id = $4 end
		and case when $5::text is null then true else intake_has(r.number, r.subject, r.requester_name, r.requester_email, r.body, $5) end
	order by r.due_at, r.id limit $7)
	union all
	(select r.* from intake_requests r
	where $1 in ('closed', 'quarantined') and r.org_id = (select fl_org())
		and r.status = any (case $1 when 'closed' then '{CLOSED,REJECTED}'::text[] else '{QUARANTINED}'::text[] end)
		and r.id < list_after(split_part($6, '~', 2))
		and case when $2::text is null then true else r.channel = $2 end and case when $3::uuid is null then true else r.pipeline_id = $3 end and case when $4::uuid is null then true else r.assignee_id = $4 end
		and case when $5::text is null then true else intake_has(r.number, r.subject, r.requester_name, r.requester_email, r.body, $5) end
	order by r.id desc limit $7)
)
select p.id, p.number, p.status, p.channel, p.subject, left(regexp_replace(case when starts_with(p.body, p.subject || E'\n') then substr(p.body, length(p.subject) + 1) else p.body end, '\s+', ' ', 'g'), 160), coalesce(p.requester_name, p.requester_email, p.requester_phone),
	p.due_at, p.answered_at is null and p.due_at < now(), p.answered_at is null and p.due_at between now() and now() + interval '1 hour',
	case when p.answered_at is null then 'first' else 'given' end, p.created_at,
	case when a.mins < 60 then a.mins when a.mins < 2880 then a.mins / 60 else a.mins / 1440 end, case when a.mins < 60 then 'min' when a.mins < 2880 then 'h' else 'd' end,
	case when p.status in ('NEW', 'ROUTING') and d.id is null then 'none' when p.status = 'NEEDS_APPROVAL' then 'waits' when p.pipeline_id is not null then 'sent' else 'unsure' end,
	coalesce(l.name, w.name), p.pipeline_id is not null and p.pipeline_id is distinct from d.pipeline_id, d.confidence,
	coalesce('“' || (d.evidence ->> 0) || '”' || coalesce(', “' || (d.evidence ->> 1) || '”', ''), d.reason), m.name, p.quarantine_reason, p.due_at::text || '~' || p.id
from page p cross join lateral (select greatest(0, extract(epoch from now() - p.created_at) / 60)::bigint as mins) a
	left join agent_decisions d on d.org_id = (select fl_org()) and d.id = p.decision_id
	left join pipelines l on l.org_id = (select fl_org()) and l.id = p.pipeline_id
	left join pipelines w on w.org_id = (select fl_org()) and w.id = d.pipeline_id
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = p.assignee_id
order by case when $1 in ('closed', 'quarantined') then null else p.due_at end, case when $1 in ('closed', 'quarantined') then null else p.id end, p.id desc

-- name: intake_counts
-- why: the numbers beside the saved views
-- out: open int, review int, approval int, quarantined int, closed int, mine int, unassigned int
select c.open, c.review, c.approval, c.quarantined, c.closed,
	(select count(*) from intake_requests r where r.org_id = (select fl_org()) and r.assignee_id = (select fl_user())
		and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW')),
	(select count(*) from intake_requests r where r.org_id = (select fl_org()) and r.assignee_id is null
		and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW'))
from intake_tally() c

-- name: intake_scope
-- why: the filters of the queue as they stand, in words, and how many requests they leave (at most 1,000 counted)
-- in: view text, channel text, pipeline_id uuid, assignee_id uuid, q text, saved uuid, since uuid
-- out: view text, channel text, pipeline_id uuid, pipeline text, assignee_id uuid, assignee text, q text, filtered bool, matching int, any_ever bool, saved uuid, newest uuid, newer int
select $1::text, $2::text, $3::uuid, (select p.name from pipelines p where p.org_id = (select fl_org()) and p.id = $3),
	$4::uuid, (select m.name from memberships m where m.org_id = (select fl_org()) and m.user_id = $4), $5::text,
	$2::text is not null or $3::uuid is not null or $4::uuid is not null or $5::text is not null,
	(select count(*) from (select from intake_matching($1, $2, $3, $4, $5, 1000)) x),
	n.id is not null, (select v.id from intake_views v where v.org_id = (select fl_org()) and v.id = $6), n.id,
	case when $7::uuid is not null then (select count(*) from (select from intake_requests r where r.org_id = (select fl_org()) and r.id > $7 limit 1000) x) end
from (select 1) one left join lateral (select r.id from intake_requests r where r.org_id = (select fl_org()) order by r.id desc limit 1) n on true

-- name: intake_views
-- why: views people saved; which of them is open, and whether it is one's own
-- in: saved uuid
-- out: id uuid, name text, query text, current bool, own bool
select v.id, v.name, v.query, v.id = $1, v.user_id is not null from intake_views v where v.org_id = (select fl_org()) and (v.user_id is null or v.user_id = (select fl_user())) order by v.position, v.id limit 20

-- name: intake_view_add
-- why: keeps the filters of the queue under a name
-- effect
-- in: name text, query text
-- out: id uuid, query text
insert into intake_views (org_id, user_id, name, query) values (fl_org(), fl_user(), $1, regexp_replace($2, '&?(saved|done)=[^&]*', '', 'g')) returning id, query

-- name: intake_view_remove
-- why: forgets a view of one's own
-- effect
-- in: id uuid
-- out: id uuid
delete from intake_views v where v.org_id = fl_org() and v.user_id = fl_user() and v.id = $1 returning v.id

-- name: pipeline_choices
-- why: pipelines a request can be sent to
-- out: id uuid, name text
select p.id, p.name from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null order by p.position, lower(p.name) limit 200

-- name: people_choices
-- why: people a request can be given to
-- out: id uuid, name text, me bool
select m.user_id, m.name, m.user_id = (select fl_user()) from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member')
order by m.user_id <> (select fl_user()), lower(m.name) limit 500

-- name: intake_show
-- why: one request, with the decision it stands under
-- in: id uuid
-- out: id uuid, number int, version int, status text, channel text, subject text, body text, body_marks jsonb, requester text, requester_name text, requester_email text
-- out: requester_phone text, contact_id uuid, form text, source text, pipeline_id uuid, pipeline text, assignee_id uuid, assignee text, assignee_avatar text, priority int, priority_word text, quarantine_reason text
-- out: due_at timestamptz, late bool, soon bool, answered_at timestamptz, closed_at timestamptz, created_at timestamptz, is_open bool, is_closed bool, is_quarantined bool
-- out: item_id uuid, next_id uuid, promise_min int, left_min int, used_pct int, worth int, worth_currency text, amount text, currency text
select r.id, r.number, r.version::bigint, r.status, r.channel, r.subject, r.body, coalesce(d.evidence, '[]'), coalesce(r.requester_name, r.requester_email, r.requester_phone),
	r.requester_name, r.requester_email, r.requester_phone, r.contact_id, f.name, s.name, r.pipeline_id, l.name, r.assignee_id, m.name, m.avatar, r.priority::bigint,
	case when r.priority <= 2 then 'urgent' when r.priority <= 4 then 'high' when r.priority >= 7 then 'low' else 'normal' end, r.quarantine_reason,
	r.due_at, r.answered_at is null and r.due_at < now(), r.answered_at is null and r.due_at between now() and now() + interval '1 hour', r.answered_at, r.closed_at, r.created_at,
	r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW'), r.status in ('CLOSED', 'REJECTED'), r.status = 'QUARANTINED', r.item_id,
	(select n.id from intake_requests n where n.org_id = (select fl_org()) and n.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW')
		and (n.due_at, n.id) > (r.due_at, r.id) order by n.due_at, n.id limit 1),
	(extract(epoch from r.due_at - r.created_at) / 60)::bigint, greatest(0, extract(epoch from r.due_at - now()) / 60)::bigint,
	least(100, greatest(0, 100 * extract(epoch from coalesce(r.answered_at, now()) - r.created_at) / nullif(extract(epoch from r.due_at - r.created_at), 0)))::bigint,
	i.value_minor, i.value_currency, trim_scale(i.value_minor / 10::numeric ^ currency_places(i.value_currency))::text, coalesce(i.value_currency, (select o.currency from organizations o where o.id = (select fl_org())))
from intake_requests r
	left join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id
	left join pipeline_items i on i.org_id = (select fl_org()) and i.id = r.item_id
	left join pipelines l on l.org_id = (select fl_org()) and l.id = r.pipeline_id
	left join intake_forms f on f.org_id = (select fl_org()) and f.id = r.form_id
	left join webhook_sources s on s.org_id = (select fl_org()) and s.id = r.source_id
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = r.assignee_id
where r.org_id = (select fl_org()) and r.id = $1

-- name: item_worth
-- why: says what the card of a request is worth
-- effect
-- in: id uuid, amount float, currency text
-- out: id uuid, item_id uuid
select id, item_id from item_worth($1, $2, $3)

-- name: intake_decision
-- why: the decision panel
-- in: id uuid
-- out: id uuid, state text, route text, destination text, provider text, model text, prompt_version text, fallback text, confidence float, auto_threshold float, reason text
-- out: latency_ms float, cost_cents float, created_at timestamptz, decided_by text, decided_reason text, waits bool, can_undo bool, undone bool, sure_pct int, tick_pct int, was_correct bool, was_wrong bool, seen int, right_ones int
-- out: now_with text
select d.id, d.state, case when d.state in ('PENDING_APPROVAL', 'PROPOSED') and d.pipeline_id is not null and d.confidence >= d.approval_threshold then 'waits'
		when d.pipeline_id is null or d.confidence < d.approval_threshold then 'unsure' else 'sent' end,
	p.name, d.provider, d.model, d.prompt_version, d.fallback, d.confidence, d.auto_threshold, d.reason, d.latency_us / 1000.0::float8, case when fl_can('cost.read') then d.cost_micro / 10000.0::float8 end, d.created_at,
	m.name, d.decided_reason, d.state = 'PENDING_APPROVAL', d.state in ('AUTO_EXECUTED', 'EXECUTED', 'APPROVED') and d.undone_at is null and (l.id is null or d.edits is not null), d.undone_at is not null,
	(100 * d.confidence)::bigint, (100 * d.auto_threshold)::bigint, coalesce(d.correct, false), not coalesce(d.correct, true), k.seen, k.right_ones, l.name
from intake_requests r join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id
	left join pipelines p on p.org_id = (select fl_org()) and p.id = d.pipeline_id
	left join pipelines l on l.org_id = (select fl_org()) and l.id = r.pipeline_id and l.id is distinct from d.pipeline_id
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = d.decided_by
	cross join lateral (select count(*) as seen, count(*) filter (where c.correct) as right_ones from (select x.confidence, x.correct from agent_decisions x
		where x.org_id = (select fl_org()) order by x.id desc limit 1000) c where c.correct is not null and c.confidence between d.confidence - 0.05 and d.confidence + 0.05) k
where r.org_id = (select fl_org()) and r.id = $1

-- name: intake_evidence
-- why: the words that weighed most
-- in: id uuid
-- out: phrase text, last bool
select e.phrase, e.i = jsonb_array_length(d.evidence)
from intake_requests r join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id,
	jsonb_array_elements_text(d.evidence) with ordinality e(phrase, i)
where r.org_id = (select fl_org()) and r.id = $1 order by e.i limit 8

-- name: intake_alternatives
-- why: next best destinations
-- in: id uuid
-- out: pipeline_id uuid, name text, confidence float
select (a ->> 'pipeline_id')::uuid, a ->> 'name', (a ->> 'confidence')::float8
from intake_requests r join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id, jsonb_array_elements(d.alternatives) a
where r.org_id = (select fl_org()) and r.id = $1 and (a ->> 'pipeline_id')::uuid is distinct from d.pipeline_id and (a ->> 'pipeline_id')::uuid is distinct from r.pipeline_id order by 3 desc nulls last limit 3

-- name: intake_thread
-- why: what was said and done after the request, oldest first
-- in: id uuid
-- out: id uuid, kind text, author text, body text, at timestamptz, mailed text
select m.id, m.direction, m.author_name, m.body, m.created_at, e.state
from intake_messages m left join email_messages e on e.org_id = (select fl_org()) and e.id = m.email_id
where m.org_id = (select fl_org()) and m.intake_id = $1
order by m.created_at, m.id limit 500

-- name: intake_fields
-- why: what came with the request besides its text, under the form's labels; then what its text names, as the decision read it
-- in: id uuid
-- out: label text, value text, named text
(select coalesce((select x.label from jsonb_to_recordset(f.fields) x(name text, label text) where x.name = e.key), e.key), left(e.value, 500), null
from intake_requests r left join intake_forms f on f.org_id = (select fl_org()) and f.id = r.form_id, jsonb_each_text(r.fields) e
where r.org_id = (select fl_org()) and r.id = $1 and e.value <> '' limit 50)
union all
select null, n.value, n.kind
from intake_requests r join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id cross join lateral decision_named(d.entities) n
where r.org_id = (select fl_org()) and r.id = $1

-- name: intake_acts
-- why: what the decision does or would do besides the destination
-- in: id uuid
-- out: type text, text text, priority int, first bool
select x.type, x.text, x.priority::bigint, row_number() over (order by x.n) = 1
from intake_requests r join agent_decisions d on d.org_id = (select fl_org()) and d.id = r.decision_id
	cross join lateral (select 0 as n, 'PRIORITY' as type, null as text, d.priority where d.pipeline_id is not null and d.priority <> 5
		union all
		select a.n, a.value ->> 'type', a.value -> 'args' ->> 'text', null from jsonb_array_elements(d.actions) with ordinality a(value, n)
			where a.value ->> 'type' in ('SEND_NOTIFICATION', 'ESCALATE')) x
where r.org_id = (select fl_org()) and r.id = $1 order by x.n

-- name: intake_history
-- why: who did what to a request, newest first
-- in: id uuid
-- out: at timestamptz, action text, who text, by_agent bool
select a.at, a.action, m.name, a.actor_type = 'job'
from audit_log a left join memberships m on m.org_id = (select fl_org()) and m.user_id = a.actor_id
where a.org_id = (select fl_org()) and a.subject_id in ($1, (select r.decision_id from intake_requests r where r.org_id = (select fl_org()) and r.id = $1))
	and a.action like any ('{intake.%,decision.%}')
order by a.at desc, a.id desc limit 50

-- name: intake_assign
-- why: sends a request to a pipeline or a person
-- effect
-- in: id uuid, version int, pipeline_id uuid, assignee_id uuid
-- out: id uuid, version int, undo text
select id, version::bigint, undo_handle(true) from intake_assign($1, $2, $3, $4)

-- name: intake_reply
-- why: answers a request
-- effect
-- in: id uuid, version int, text text, close bool
-- out: id uuid, version int
select id, version::bigint from intake_reply($1, $2, $3, $4)

-- name: intake_note
-- why: writes an internal note
-- effect
-- in: id uuid, text text
-- out: id uuid, version int
select id, version::bigint from intake_note($1, $2)

-- name: intake_close
-- why: closes a request
-- effect
-- in: id uuid, version int
-- out: id uuid, version int
select id, version::bigint from intake_close($1, $2)

-- name: intake_reopen
-- why: opens a closed request again
-- effect
-- in: id uuid, version int
-- out: id uuid, version int
select id, version::bigint from intake_reopen($1, $2)

-- name: intake_release
-- why: lets a request out of quarantine
-- effect
-- in: id uuid, version int
-- out: id uuid, version int
select id, version::bigint from intake_release($1, $2)

-- name: intake_reject
-- why: refuses a request in quarantine
-- effect
-- in: id uuid, version int
-- out: id uuid, version int
select id, version::bigint from intake_reject($1, $2)

-- name: intake_wrong
-- why: says a decision was wrong and what is right
-- effect
-- in: id uuid, version int, pipeline_id uuid, reason text
-- out: id uuid, version int
select id, version::bigint from intake_wrong($1, $2, $3, $4)

-- name: intake_bulk
-- why: does one thing to the requests chosen, or to all that match the filter
-- effect
-- in: act text, id jsonb, all bool, to uuid, view text, channel text, pipeline_id uuid, assignee_id uuid, q text
-- out: changed int, view text, undo text
select b.changed, coalesce($5, 'open'), undo_handle(b.changed > 0 and $1 in ('assign', 'mine', 'close', 'reopen')) from intake_bulk($1, $2, $3, $4, $5, $6, $7, $8, $9) b(changed)

-- name: intake_undo
-- why: takes back what one did to a request a moment ago
-- effect
-- in: request text, id uuid
-- out: id uuid, undone int
select id, undone from undo_request($1, 'intake', $2)

-- name: intake_undo_all
-- why: takes back what one did to many at once a moment ago
-- effect
-- in: request text
-- out: undone int
select undone from undo_request($1, 'intake', null)

-- name: intake_papers
-- why: the files that came with a request
-- in: id uuid
-- out: id uuid, document_id uuid, name text, size_bytes int, refused text, status text, reason text, pages int, pages_read int, quote text
select f.id, f.document_id, f.name, f.size_bytes, f.refused, document_state(d.status, d.scan, d.superseded, d.chunked_at, d.embedded_at), d.reason, d.pages::bigint, d.pages_read::bigint,
	(select left(regexp_replace(g.body, '\s+', ' ', 'g'), 160) from document_pages g where g.org_id = (select fl_org()) and g.document_id = f.document_id and g.page = 1)
from intake_files f left join documents d on d.org_id = (select fl_org()) and d.id = f.document_id
where f.org_id = (select fl_org()) and f.intake_id = $1 order by f.n, f.id limit 100

-- name: intake_files_add
-- why: links the files of a new request
-- in: intake_id uuid, files jsonb
-- out: done int
select intake_files_add($1, $2)

-- name: intake_files_put
-- why: links files a colleague adds
-- effect
-- in: id uuid, files jsonb
-- out: id uuid
select * from intake_files_put($1, $2)

-- name: mail_files
-- why: links the files that came with a mail
-- in: id uuid, files jsonb
select mail_files($1, $2)
