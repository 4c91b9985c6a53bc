-- name: intake_case
-- why: what is said of requests of one organisation that are to be decided
-- in: intake_ids text
-- out: id uuid, subject text, body text, status text, given uuid, form text, waits bool
select r.id, r.subject, r.body || case when f.has_files then coalesce(intake_files_text(r.org_id, r.id), '') else '' end as body, r.status,
	r.pipeline_id as given, case when r.form_id is not null then intake_form_name(r.org_id, r.form_id) end as form,
	f.has_files and r.pipeline_id is null and intake_files_awaited(r.org_id, r.id, r.created_at) as waits
from unnest($1::uuid[]) x(id)
	-- each by its key, however few there were when this was planned; and no column more: each costs anew in every step of the plan
	cross join lateral (select q.org_id, q.id, q.subject, q.body, q.status, q.pipeline_id, q.form_id, q.created_at from intake_requests q
		where q.org_id = (select fl_org()) and q.id = x.id offset 0) r
	cross join lateral (select exists (select from intake_files i where i.org_id = r.org_id and i.intake_id = r.id) as has_files offset 0) f

-- name: agent_known
-- why: what deciding needs of an organisation; the model and the pipelines only when the process has others
-- in: bring bool, have_model int, have_stamp text, count bool
-- out: agent jsonb, auto float, approval float, chain text, instructions text, capabilities text, model int, bytes bytea, stamp text, pipelines jsonb,
-- out: brought bool, allowance int
select jsonb_build_object('id', a.id, 'version', a.version, 'per_minute', coalesce(a.per_minute, 60), 'per_hour', coalesce(a.per_hour, 500)) as agent,
	coalesce(a.auto_threshold, 0.85) as auto, coalesce(a.approval_threshold, 0.5) as approval, a.chain, coalesce(a.instructions, '') as instructions,
	coalesce(array_to_string(a.capabilities, ' '), 'ASSIGN_PIPELINE SEND_NOTIFICATION ESCALATE') as capabilities,
	coalesce(m.version, 0) as model, case when $1 and m.version is distinct from $2 then m.bytes end as bytes, p.stamp,
	case when $1 and p.stamp is distinct from $3 then agent_pipelines(o.id) end as pipelines, $1 as brought,
	case when $4 then decision_allowance(coalesce(a.per_minute, 60), coalesce(a.per_hour, 500)) else 1 end as allowance
from (select fl_org() as id) o
	left join orchestration_agents a on a.org_id = o.id and a.active
	left join lateral (select l.version, l.bytes from learner_models l where l.org_id = o.id order by l.version desc limit 1) m on true
	cross join lateral (select count(*) || ' ' || coalesce(max(x.updated_at)::text, '') as stamp from pipelines x where x.org_id = o.id and x.archived_at is null) p

-- name: decision_record
-- why: keeps decisions of one organisation and does what their bands say; what each holds tells sql/schema/610_decisions.sql
-- in: decisions jsonb
select decision_record($1)

-- name: decision_hand_over
-- why: the request goes to the job that asks a language model
-- in: intake_id uuid, job uuid, request text
select decision_for_job($2, $3), decision_hand_over($1)

-- name: decision_failed
-- why: deciding failed for good; a person looks
-- in: intake_id uuid, why text
select decision_failed($1, $2)

-- name: decision_later
-- why: the agent's limits are used up; the same job comes again
-- in: kind text, intake_id uuid
select decision_later($1, $2)

-- name: ask_context
-- why: what a language model is told besides the request, and tokens set aside for the call
-- in: intake_id uuid
-- out: similar_cases text, judged int, found_right int, reserved bool, next_available timestamptz, lang text, hide text
select c.*, llm_hidden() from ask_context($1) c

-- name: llm_call_add
-- why: keeps a call to a language model
-- in: intake_id uuid, call jsonb
select llm_call_add($1, $2)

-- name: llm_hide
-- why: what models elsewhere are not told
-- out: hide text
select llm_hidden()

-- name: llm_privacy
-- why: the same as its page shows it
-- out: email bool, phone bool, card bool, account bool, identity bool, shapes text, any bool, chain text, hidden int
select coalesce('email' = any (s.kinds), false), coalesce('phone' = any (s.kinds), false), coalesce('card' = any (s.kinds), false),
	coalesce('account' = any (s.kinds), false), coalesce('identity' = any (s.kinds), false), coalesce(s.shapes, ''), llm_hidden() <> '', a.chain,
	(select coalesce(sum(c.hidden), 0) from llm_calls c where c.org_id = (select fl_org()) and c.created_at > now() - interval '30 days')::bigint
from (select 1) one left join llm_privacy s on s.org_id = (select fl_org()) left join orchestration_agents a on a.org_id = (select fl_org()) and a.active

-- name: llm_privacy_set
-- why: changes what models elsewhere are not told
-- effect
-- in: email bool, phone bool, card bool, account bool, identity bool, shapes text
-- out: any bool
select * from llm_privacy_set(coalesce($1, false), coalesce($2, false), coalesce($3, false), coalesce($4, false), coalesce($5, false), coalesce($6, ''))

-- name: llm_release
-- why: what was set aside for a call and not used
-- in: intake_id uuid
delete from llm_reservations where org_id = (select fl_org()) and intake_id = $1

-- name: sweep_decision_expire
-- why: proposals that waited seven days
-- out: done int
select decision_expire() as done

-- name: sweep_llm_alert
-- why: organisations whose calls to models fail hear of it
-- out: done int
select sweep_llm_alert() as done

-- name: approval_list
-- why: what waits for a person, the nearest promise first
-- in: id uuid, after text, limit int
-- out: id uuid, intake_id uuid, number int, subject text, destination text, confidence float, due_at timestamptz, late bool, soon bool, created_at timestamptz
-- out: current bool, cursor text
select d.id, d.intake_id, r.number, r.subject, p.name as destination, d.confidence, r.due_at, r.due_at < now() as late,
	r.due_at between now() and now() + interval '1 hour' as soon, d.created_at, d.id = (select approval_at($1, $2)) as current,
	r.due_at || '~' || d.id as cursor
from agent_decisions d
	join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
	left join pipelines p on p.org_id = d.org_id and p.id = d.pipeline_id
where d.org_id = (select fl_org()) and d.state = 'PENDING_APPROVAL'
	and (r.due_at, d.id) > (case when $2::text is null then '-infinity' else split_part($2, '~', 1)::timestamptz end, case when $2::text is null then '00000000-0000-0000-0000-000000000000' else split_part($2, '~', 2)::uuid end)
order by r.due_at, d.id limit $3

-- name: approval_count
-- why: how many wait, and the nearest promise
-- out: waiting int, due_at timestamptz, last_at timestamptz, last_by text
select (select count(*) from agent_decisions d where d.org_id = (select fl_org()) and d.state = 'PENDING_APPROVAL') as waiting,
	(select min(r.due_at) from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
		where d.org_id = (select fl_org()) and d.state = 'PENDING_APPROVAL') as due_at,
	l.decided_at as last_at, m.name as last_by
from (select 1) one
	left join lateral (select d.decided_at, d.decided_by from agent_decisions d where d.org_id = (select fl_org()) and d.decided_at > now() - interval '7 days'
		order by d.decided_at desc limit 1) l on true
	left join memberships m on m.org_id = (select fl_org()) and m.user_id = l.decided_by

-- name: approval_show
-- why: one proposal as a difference: what is now, what would be
-- in: id uuid, after text
-- out: id uuid, state text, pending bool, intake_id uuid, number int, subject text, priority int, now_priority int, now_pipeline text, pipeline_id uuid, destination text
-- out: gone bool, assignee_id uuid, assignee text, confidence float, sure_pct int, auto_pct int, auto_threshold float, reason text, quote text, quote_marks jsonb
-- out: evidence jsonb, due_at timestamptz, late bool, soon bool, provider text, model text, fallback text, judged int, found_right int, changes int
-- out: requester text, created_at timestamptz, route text
select d.id, d.state, d.state = 'PENDING_APPROVAL' as pending, d.intake_id, r.number, r.subject, nullif(d.priority, r.priority)::bigint as priority, r.priority::bigint as now_priority,
	n.name as now_pipeline, d.pipeline_id, p.name as destination, p.archived_at is not null as gone, r.assignee_id, m.name as assignee, d.confidence,
	round(d.confidence * 100)::bigint as sure_pct, round(d.auto_threshold * 100)::bigint as auto_pct, d.auto_threshold, d.reason,
	decision_quote(r.body, d.evidence) as quote, d.evidence as quote_marks, d.evidence, r.due_at, r.due_at < now() as late,
	r.due_at between now() and now() + interval '1 hour' as soon, d.provider, d.model, d.fallback, l.judged, l.found_right,
	(jsonb_array_length(d.actions) + (d.priority is not null and d.priority <> r.priority)::int)::bigint as changes,
	coalesce(r.requester_name, r.requester_email) as requester, d.created_at, 'waits' as route
from agent_decisions d
	join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
	left join pipelines p on p.org_id = d.org_id and p.id = d.pipeline_id
	left join pipelines n on n.org_id = d.org_id and n.id = r.pipeline_id
	left join memberships m on m.org_id = d.org_id and m.user_id = r.assignee_id
	cross join lateral decision_like(d.confidence) l
where d.org_id = (select fl_org()) and d.id = (select approval_at($1, $2))

-- name: approval_actions
-- why: what else the proposal would do
-- in: id uuid, after text
-- out: type text, text text
select a.value ->> 'type' as type, a.value -> 'args' ->> 'text' as text
from agent_decisions d cross join lateral jsonb_array_elements(d.actions) a
where d.org_id = (select fl_org()) and d.id = (select approval_at($1, $2)) and a.value ->> 'type' <> 'ASSIGN_PIPELINE'

-- name: approval_next_best
-- why: the next best destinations as buttons
-- in: id uuid, after text
-- out: id uuid, name text, confidence float
select p.id, p.name, (a.value ->> 'confidence')::float8 as confidence
from agent_decisions d cross join lateral jsonb_array_elements(d.alternatives) with ordinality a(value, n)
	join pipelines p on p.org_id = d.org_id and p.id = (a.value ->> 'pipeline_id')::uuid and p.archived_at is null
where d.org_id = (select fl_org()) and d.id = (select approval_at($1, $2)) and p.id is distinct from d.pipeline_id order by a.n limit 2

-- name: agent_pipelines
-- why: where a request can be sent
-- out: id uuid, name text
select p.id, p.name from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null order by p.position, p.id

-- name: agent_people
-- why: who can be given a request
-- out: user_id uuid, name text
select m.user_id, m.name from memberships m where m.org_id = (select fl_org()) and m.role in ('owner', 'admin', 'operator', 'pm', 'member') order by m.name, m.user_id

-- name: decision_approve
-- why: approves a proposal, as it is or with changes, and carries it out
-- effect
-- in: id uuid, pipeline_id uuid, priority text, assignee_id uuid, title text
-- out: id uuid, next text
select id, next from decision_approve($1, $2, $3::text::bigint, $4, $5)

-- name: decision_send
-- why: sends the request of a proposal elsewhere
-- effect
-- in: id uuid, pipeline_id uuid
-- out: id uuid, next text
select id, next from decision_approve($1, $2, null, null, null)

-- name: decision_reject
-- why: rejects a proposal with a reason
-- effect
-- in: id uuid, reason text, none_fits bool
-- out: id uuid, next text
select id, next from decision_reject($1, $2, $3)

-- name: decisions_approve
-- why: approves several proposals as they are
-- effect
-- in: ids jsonb
-- out: approved int, passed_over int
select approved, passed_over from decisions_approve($1)

-- name: decision_undo
-- why: takes back what a decision did
-- effect
-- in: id uuid
-- out: id uuid, intake_id uuid
select id, intake_id from decision_undo($1)

-- name: decision_right
-- why: a person found the decision right
-- effect
-- in: id uuid
-- out: id uuid, intake_id uuid
select id, intake_id from decision_right($1)

-- name: decision_list
-- why: what was decided, newest first
-- in: state text, provider text, pipeline_id uuid, after text, limit int
-- out: id uuid, intake_id uuid, number int, subject text, state text, provider text, model text, destination text, confidence float, route text
-- out: fell_back bool, edited bool, correct bool, judged bool, created_at timestamptz, cursor text
select d.id, d.intake_id, r.number, r.subject, d.state, d.provider, d.model, p.name as destination, d.confidence,
	case when d.state in ('AUTO_EXECUTED', 'EXECUTED') then 'sent' when d.state = 'PENDING_APPROVAL' then 'waits' else 'unsure' end as route,
	d.fallback is not null as fell_back, d.edits is not null as edited, d.correct, d.correct is not null as judged, d.created_at, d.id::text as cursor
from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id left join pipelines p on p.org_id = d.org_id and p.id = d.pipeline_id
where d.org_id = (select fl_org()) and d.id < list_after($4::text) and ($1::text is null or d.state = $1)
	and ($2::text is null or d.provider = $2) and ($3::uuid is null or d.pipeline_id = $3)
order by d.id desc limit $5

-- name: decision_scope
-- why: the filters of the list as they stand
-- in: state text, provider text, pipeline_id uuid
-- out: state text, provider text, pipeline_id uuid, pipeline text, filtered bool, any_ever bool
select $1::text as state, $2::text as provider, $3::uuid as pipeline_id, (select p.name from pipelines p where p.org_id = (select fl_org()) and p.id = $3) as pipeline,
	$1::text is not null or $2::text is not null or $3::uuid is not null as filtered,
	exists (select from agent_decisions d where d.org_id = (select fl_org())) as any_ever

-- name: decision_show
-- why: one decision, all that explains it
-- in: id uuid
-- out: id uuid, intake_id uuid, number int, subject text, state text, provider text, model text, prompt_version text, fallback text, agent_version int, input_hash text
-- out: context_digest text, same_input bool, destination text, intent text, confidence float, stated float, auto_threshold float, approval_threshold float
-- out: sure_pct int, auto_pct int, band text, reason text, evidence jsonb, subject_marks jsonb, body text, body_marks jsonb, entities jsonb, priority int, raw_output text, latency_us int, took_ms float
-- out: prompt_tokens int, completion_tokens int, cost_micro int, cost_cents float, decided_by text, decided_at timestamptz, decided_reason text, undone_at timestamptz
-- out: undone_by text, correct bool, judged bool, may_undo bool, may_judge bool, route text, created_at timestamptz, judged_like int, right_like int
select d.id, d.intake_id, r.number, r.subject, d.state, d.provider, d.model, d.prompt_version, d.fallback, d.agent_version::bigint as agent_version,
	encode(d.input_hash, 'hex') as input_hash, encode(d.context_digest, 'hex') as context_digest,
	d.input_hash = sha256(convert_to(r.subject || E'\n' || r.body, 'UTF8')) as same_input, p.name as destination, d.intent, d.confidence, d.stated, d.auto_threshold,
	d.approval_threshold, round(d.confidence * 100)::bigint as sure_pct, round(d.auto_threshold * 100)::bigint as auto_pct,
	decision_band(d.confidence, d.auto_threshold, d.approval_threshold, d.pipeline_id is not null) as band, d.reason, d.evidence, d.evidence as subject_marks, left(r.body, 4000) as body,
	d.evidence as body_marks, d.entities, d.priority::bigint as priority, case when fl_can('agent.manage') then d.raw_output end, d.latency_us, d.latency_us / 1000.0::float8 as took_ms, x.prompt_tokens,
	x.completion_tokens, x.cost_micro, x.cost_micro / 10000.0::float8 as cost_cents, m.name as decided_by, d.decided_at, d.decided_reason, d.undone_at, u.name as undone_by,
	d.correct, d.correct is not null as judged, d.state in ('AUTO_EXECUTED', 'EXECUTED') and (r.decision_id = d.id and r.status = 'ASSIGNED' or decision_of_meeting(d.id)) as may_undo,
	d.state = 'AUTO_EXECUTED' and d.correct is null as may_judge,
	case when d.state in ('AUTO_EXECUTED', 'EXECUTED') then 'sent' when d.state = 'PENDING_APPROVAL' then 'waits' else 'unsure' end as route, d.created_at,
	l.judged as judged_like, l.found_right as right_like
from agent_decisions d
	join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
	left join pipelines p on p.org_id = d.org_id and p.id = d.pipeline_id
	left join memberships m on m.org_id = d.org_id and m.user_id = d.decided_by
	left join memberships u on u.org_id = d.org_id and u.user_id = d.undone_by
	cross join lateral decision_like(d.confidence) l
	left join lateral (select d.prompt_tokens, d.completion_tokens, d.cost_micro where fl_can('cost.read')) x on true
where d.org_id = (select fl_org()) and d.id = $1

-- name: decision_acts
-- why: what a decision carried out
-- in: id uuid
-- out: n int, type text, args jsonb, state text, result jsonb, undoable bool
select a.n::bigint as n, a.type, a.args, a.state, a.result, a.inverse is not null as undoable
from decision_actions a where a.org_id = (select fl_org()) and a.decision_id = $1 order by a.n

-- name: decision_named
-- why: what the text names as the decision read it, and the case most like it
-- in: id uuid
-- out: kind text, value text, intake_id uuid
select n.kind, n.value, null::uuid as intake_id
from agent_decisions d cross join lateral decision_named(d.entities) n where d.org_id = (select fl_org()) and d.id = $1
union all
select 'like', 'REQ-' || r.number || ' ' || r.subject, r.id
from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = case when d.entities ->> 'like' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (d.entities ->> 'like')::uuid end
where d.org_id = (select fl_org()) and d.id = $1

-- name: decision_edits
-- why: what the approver changed
-- in: id uuid
-- out: field text, before text, after text
select e.value ->> 'field' as field, coalesce(f.name, fm.name, e.value ->> 'from') as before, coalesce(t.name, tm.name, e.value ->> 'to') as after
from agent_decisions d cross join lateral jsonb_array_elements(d.edits) e
	left join pipelines f on f.org_id = d.org_id and e.value ->> 'field' = 'pipeline_id' and f.id::text = e.value ->> 'from'
	left join pipelines t on t.org_id = d.org_id and e.value ->> 'field' = 'pipeline_id' and t.id::text = e.value ->> 'to'
	left join memberships fm on fm.org_id = d.org_id and e.value ->> 'field' = 'assignee_id' and fm.user_id::text = e.value ->> 'from'
	left join memberships tm on tm.org_id = d.org_id and e.value ->> 'field' = 'assignee_id' and tm.user_id::text = e.value ->> 'to'
where d.org_id = (select fl_org()) and d.id = $1

-- name: decision_alternatives
-- why: where else it might have gone
-- in: id uuid
-- out: name text, confidence float
select a.value ->> 'name' as name, (a.value ->> 'confidence')::float8 as confidence
from agent_decisions d cross join lateral jsonb_array_elements(d.alternatives) with ordinality a(value, n)
where d.org_id = (select fl_org()) and d.id = $1 order by a.n

-- name: decision_calls
-- why: the calls to models a decision cost; what they cost and their texts only for who may see that
-- in: id uuid
-- out: id uuid, provider text, model text, status text, error text, prompt_tokens int, completion_tokens int, cost_cents float, latency_ms int, prompt text, response text
select c.id, c.provider, c.model, c.status, c.error, x.prompt_tokens, x.completion_tokens, x.cost_micro / 10000.0::float8 as cost_cents, c.latency_ms,
	case when fl_can('agent.manage') then c.prompt end as prompt, case when fl_can('agent.manage') then c.response end as response
from llm_calls c left join lateral (select c.prompt_tokens, c.completion_tokens, c.cost_micro where fl_can('cost.read')) x on true
where c.org_id = (select fl_org()) and c.decision_id = $1 order by c.id

-- name: agent_rules
-- why: the agent's rules, its budget and what it did lately
-- out: auto_threshold float, approval_threshold float, auto_pct int, approval_pct int, chain text, per_minute int, per_hour int, tokens_per_window int, instructions text
-- out: may_notify bool, may_escalate bool, version int, used int, used_pct int, window_ends timestamptz, decided int, alone int, alone_share float, judged int, wrong int
-- out: wrong_share float, model_version int, model_cases int, trained_at timestamptz, cases int, last_minute int, last_hour int
select coalesce(a.auto_threshold, 0.85) as auto_threshold, coalesce(a.approval_threshold, 0.5) as approval_threshold,
	round(coalesce(a.auto_threshold, 0.85) * 100)::bigint as auto_pct, round(coalesce(a.approval_threshold, 0.5) * 100)::bigint as approval_pct, a.chain,
	coalesce(a.per_minute, 60)::bigint as per_minute, coalesce(a.per_hour, 500)::bigint as per_hour, coalesce(a.tokens_per_window, 200000) as tokens_per_window,
	coalesce(a.instructions, '') as instructions, coalesce('SEND_NOTIFICATION' = any (a.capabilities), true) as may_notify,
	coalesce('ESCALATE' = any (a.capabilities), true) as may_escalate, coalesce(a.version, 0)::bigint as version, llm_used(w.began)::bigint as used,
	least(100, llm_used(w.began) * 100 / greatest(1, coalesce(a.tokens_per_window, 200000)))::bigint as used_pct, w.ends as window_ends, s.decided, s.alone,
	s.alone / nullif(s.decided, 0)::float8 as alone_share, s.judged, s.wrong, s.wrong / nullif(s.judged, 0)::float8 as wrong_share,
	coalesce(m.version, 0) as model_version, coalesce(m.cases, 0)::bigint as model_cases, m.trained_at,
	(select count(*) from labelled_cases c where c.org_id = (select fl_org())) as cases,
	(select count(*) from agent_decisions d where d.org_id = (select fl_org()) and d.id >= uuid_at(now() - interval '1 minute')) as last_minute,
	(select count(*) from agent_decisions d where d.org_id = (select fl_org()) and d.id >= uuid_at(now() - interval '1 hour')) as last_hour
from (select 1) one
	left join orchestration_agents a on a.org_id = (select fl_org()) and a.active
	cross join lateral llm_window() w
	left join lateral (select l.version, l.cases, l.trained_at from learner_models l where l.org_id = (select fl_org()) order by l.version desc limit 1) m on true
	cross join lateral (select count(*) as decided, count(*) filter (where d.state in ('AUTO_EXECUTED', 'ROLLED_BACK') and d.decided_by is null) as alone,
		count(*) filter (where d.correct is not null and d.decided_by is null) as judged, count(*) filter (where not d.correct and d.decided_by is null) as wrong
		from agent_decisions d where d.org_id = (select fl_org()) and d.id >= uuid_at(now() - interval '30 days')) s

-- name: agent_reliability
-- why: how often decisions of about one sureness were found right, of those people judged in 90 days
-- out: band text, low float, high float, judged int, found_right int, share float, share_pct int, middle float, x int, y int
select g.low::text || '–' || g.high::text as band, g.low::float8 as low, g.high::float8 as high, count(d.id) as judged, count(d.id) filter (where d.correct) as found_right,
	count(d.id) filter (where d.correct) / nullif(count(d.id), 0)::float8 as share,
	(count(d.id) filter (where d.correct) * 100 / nullif(count(d.id), 0)) as share_pct, ((g.low + g.high) / 2)::float8 as middle, (36 + g.n * 64)::bigint as x,
	(160 - coalesce(count(d.id) filter (where d.correct) * 140 / nullif(count(d.id), 0), 0))::bigint as y
from (values (0, 0.00, 0.50), (1, 0.50, 0.65), (2, 0.65, 0.85), (3, 0.85, 0.95), (4, 0.95, 1.00)) g(n, low, high)
	left join agent_decisions d on d.org_id = (select fl_org()) and d.correct is not null and d.id >= uuid_at(now() - interval '90 days')
		and d.confidence >= g.low and (d.confidence < g.high or g.high = 1)
group by g.n, g.low, g.high order by g.n

-- name: agent_set
-- why: changes the agent's rules
-- effect
-- in: auto_threshold text, approval_threshold text, chain text, per_minute int, per_hour int, tokens_per_window int, instructions text, may_notify bool
-- in: may_escalate bool, version int
-- out: id uuid
select id from agent_set($1::text::float8, $2::text::float8, $3, $4, $5, $6, $7, $8, $9, nullif($10, 0))

-- name: call_list
-- why: calls to models, newest first
-- in: provider text, status text, after text, limit int
-- out: id uuid, intake_id uuid, number int, decision_id uuid, purpose text, provider text, model text, status text, error text, prompt_tokens int, completion_tokens int
-- out: cost_cents float, latency_ms int, created_at timestamptz, cursor text
select c.id, c.intake_id, r.number, c.decision_id, c.purpose, c.provider, c.model, c.status, c.error, c.prompt_tokens, c.completion_tokens,
	c.cost_micro / 10000.0::float8 as cost_cents, c.latency_ms, c.created_at, c.id::text as cursor
from llm_calls c left join intake_requests r on r.org_id = c.org_id and r.id = c.intake_id
where c.org_id = (select fl_org()) and c.id < list_after($3::text) and ($1::text is null or c.provider = $1) and ($2::text is null or c.status = $2)
order by c.id desc limit $4

-- name: call_totals
-- why: what calls to models cost in thirty days
-- out: calls int, failed int, prompt_tokens int, completion_tokens int, cost_cents float, latency_ms int
select count(*) as calls, count(*) filter (where c.status <> 'ok') as failed, coalesce(sum(c.prompt_tokens), 0)::bigint as prompt_tokens,
	coalesce(sum(c.completion_tokens), 0)::bigint as completion_tokens, coalesce(sum(c.cost_micro), 0)::float8 / 10000.0 as cost_cents,
	coalesce(avg(c.latency_ms), 0)::bigint as latency_ms
from llm_calls c where c.org_id = (select fl_org()) and c.created_at > now() - interval '30 days'

-- name: call_show
-- why: one call with its trace
-- in: id uuid
-- out: id uuid, intake_id uuid, decision_id uuid, purpose text, provider text, model text, prompt_version text, status text, error text, prompt_tokens int
-- out: completion_tokens int, cost_cents float, latency_ms int, prompt text, response text, trace_id text, created_at timestamptz, hidden int
select c.id, c.intake_id, c.decision_id, c.purpose, c.provider, c.model, c.prompt_version, c.status, c.error, c.prompt_tokens, c.completion_tokens,
	c.cost_micro / 10000.0::float8 as cost_cents, c.latency_ms, c.prompt, c.response, c.trace_id, c.created_at, c.hidden::bigint
from llm_calls c where c.org_id = (select fl_org()) and c.id = $1

-- name: learner_pipelines
-- why: the labels of the learner, and when they were looked at
-- out: id uuid, name text, description text, intent text
select p.id, p.name, p.description, p.intent from pipelines p where p.org_id = (select fl_org()) and p.archived_at is null order by p.position, p.id

-- name: learner_cases
-- why: what people said is right, newest first; the start of a long text is enough
-- in: limit int
-- out: intake_id uuid, pipeline_id uuid, subject text, body text
select c.intake_id, c.pipeline_id, c.subject, left(c.body, 4000) as body from labelled_cases c where c.org_id = (select fl_org()) order by c.created_at desc, c.id desc limit $1

-- name: learner_keep
-- why: stores a model
-- in: bytes bytea, cases int
-- out: version int
select learner_keep($1, $2::int) as version

-- name: agent_replay
-- why: fairlead replay: what another threshold would have done
-- in: org text, since text, threshold text
-- out: decisions int, auto int, auto_now int, judged int, wrong int, differing int
select decisions, auto, auto_now, judged, wrong, differing from agent_replay($1, $2::text::interval, $3::text::float8)

-- name: agent_eval
-- why: fairlead eval: predicted against found right
-- in: org text, since text
-- out: low float, high float, judged int, found_right int, mean float
select low, high, judged, found_right, mean from agent_eval($1, $2::text::interval)
