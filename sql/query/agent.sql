-- name: intake_case
-- why: all that deciding about one request needs; models and pipelines only when the process has others
-- in: intake_id uuid, bring bool, have_model int, have_stamp text, count bool
-- out: subject text, body text, status text, version int, given uuid, form text, agent jsonb, auto float, approval float, chain text, instructions text,
-- out: capabilities text, model int, bytes bytea, stamp text, pipelines jsonb, allowance int
select r.subject, r.body, r.status, r.version::bigint as version, r.pipeline_id as given,
	(select f.name from intake_forms f where f.org_id = r.org_id and f.id = r.form_id) as form,
	jsonb_build_object('id', a.id, 'version', a.version, 'per_minute', coalesce(a.per_minute, 60), 'per_hour', coalesce(a.per_hour, 500)) as agent,
	coalesce(a.auto_threshold, 0.85) as auto, coalesce(a.approval_threshold, 0.5) as approval, a.chain, coalesce(a.instructions, '') as instructions,
	coalesce(array_to_string(a.capabilities, ' '), 'ASSIGN_PIPELINE SEND_NOTIFICATION ESCALATE') as capabilities,
	coalesce(m.version, 0) as model, case when $2 and m.version is distinct from $3 then m.bytes end as bytes, p.stamp,
	case when $2 and p.stamp is distinct from $4 then (select jsonb_agg(jsonb_build_object('id', x.id, 'name', x.name, 'description', x.description, 'intent', x.intent)
		order by x.position, x.id) from pipelines x where x.org_id = r.org_id and x.archived_at is null) end as pipelines,
	case when $5 then decision_allowance(coalesce(a.per_minute, 60), coalesce(a.per_hour, 500)) else 1 end as allowance
from intake_requests r
	left join orchestration_agents a on a.org_id = r.org_id and a.active
	left join lateral (select l.version, l.bytes from learner_models l where l.org_id = r.org_id order by l.version desc limit 1) m on true
	left join lateral (select count(*) || ' ' || coalesce(max(x.updated_at)::text, '') as stamp from pipelines x where x.org_id = r.org_id and x.archived_at is null) p on true
where r.org_id = (select fl_org()) and r.id = $1

-- name: decision_record
-- why: keeps a decision and does what its band says
-- in: intake_id uuid, kind text, agent jsonb, decision jsonb, input_hash bytea, context_digest bytea, check bool
-- out: id uuid
select decision_record($1, $2, $3, $4, $5, $6, $7) as id

-- name: decision_hand_over
-- why: the request goes to the job that asks a language model
-- in: intake_id uuid
select decision_hand_over($1)

-- name: decision_failed
-- why: deciding failed for good; a person looks
-- in: intake_id uuid, why text
select decision_failed($1, $2)

-- name: decision_later
-- why: the agent's limits are used up; the same job comes again
-- in: kind text, intake_id uuid
select decision_later($1, $2)
