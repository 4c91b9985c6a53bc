-- What a decision does: recorded, carried out or left to a person, approved, undone, expired. Tables are in 012_agent.sql.

select fl_grant('intake.escalate', 'owner admin operator agent');
select fl_grant('notify.send', 'owner admin operator agent');

-- The smallest UUIDv7 of a moment: time ranges over ids without an index of their own.
create function uuid_at(p_at timestamptz) returns uuid language sql stable parallel safe as $$
	select encode(substring(int8send((extract(epoch from p_at) * 1000)::bigint) from 3) || '\x70008000000000000000', 'hex')::uuid
$$;

-- The rule of X-18 and nothing else: what becomes of a decision. Replays call it again with the stored figures.
create function decision_band(p_confidence float8, p_auto float8, p_approval float8, p_fits boolean) returns text language sql immutable parallel safe as $$
	select case when not p_fits or p_confidence is null or p_confidence < p_approval then 'REJECTED'
		when p_confidence >= p_auto then 'AUTO_EXECUTED' else 'PENDING_APPROVAL' end
$$;

-- How many more decisions the agent may make now (X-19): what is left of this minute and this hour, the smaller. Counts no further than the limits;
-- a million an hour is no limit, and not counted.
create function decision_allowance(p_minute int, p_hour int) returns bigint language plpgsql stable as $$
declare
	v_minute bigint;
	v_hour bigint;
begin
	if least(p_minute, p_hour) >= 1000000 then
		return p_minute;
	end if;
	select count(*) into v_minute from (select from agent_decisions where org_id = fl_org() and id >= uuid_at(clock_timestamp() - interval '1 minute') limit p_minute) x;
	if v_minute >= p_minute then
		return 0;
	end if;
	select count(*) into v_hour from (select from agent_decisions where org_id = fl_org() and id >= uuid_at(clock_timestamp() - interval '1 hour') limit p_hour) x;
	return least(p_minute - v_minute, p_hour - v_hour);
end
$$;

-- --- actions: each is carried out here, and answers what puts it back ---

-- The stored row of an action; p_inverse null: it cannot be undone.
create function decision_act_done(p_decision uuid, p_n int, p_type text, p_args jsonb, p_result jsonb, p_inverse jsonb) returns void language plpgsql as $$
begin
	insert into decision_actions (org_id, decision_id, n, type, args, state, result, inverse)
		values (fl_org(), p_decision, p_n, p_type, p_args, 'done', p_result, p_inverse);
end
$$;

-- ASSIGN_PIPELINE {pipeline_id, title?, priority?}: the request becomes an item of the pipeline's first stage, with a task.
create function act_assign(p_decision uuid, p_n int, p_args jsonb, r intake_requests, p_by_agent boolean) returns void language plpgsql as $$
declare
	v_pipeline uuid := (p_args ->> 'pipeline_id')::uuid;
	v_title text := coalesce(p_args ->> 'title', r.subject);
	v_priority int := coalesce((p_args ->> 'priority')::int, r.priority);
	v_item uuid;
	v_stage uuid;
	v_version int := 1;
	v_task uuid;
	v_lead uuid;
begin
	select i.item_id, i.stage_id into v_item, v_stage from item_add(v_pipeline, r.id, r.number, v_title, v_priority, p_by_agent) i;
	if r.item_id is not null then
		select version into v_version from pipeline_items where org_id = fl_org() and id = v_item;
	end if;
	v_task := task_add(v_title, r.id, p_decision, v_pipeline, v_stage, v_priority);
	update intake_requests set status = 'ASSIGNED', pipeline_id = v_pipeline, item_id = v_item, priority = v_priority, contact_id = r.contact_id,
			assignee_id = coalesce((p_args ->> 'assignee_id')::uuid, assignee_id), decision_id = p_decision, intent = coalesce(r.intent, intent),
			version = version + 1, updated_at = now()
		where org_id = fl_org() and id = r.id;
	v_lead := lead_add(r.id, v_pipeline);
	perform decision_act_done(p_decision, p_n, 'ASSIGN_PIPELINE', p_args,
		jsonb_build_object('item_id', v_item, 'stage_id', v_stage, 'item_version', v_version, 'task_id', v_task, 'lead_id', v_lead),
		jsonb_build_object('pipeline_id', r.pipeline_id, 'item_id', r.item_id, 'priority', r.priority, 'assignee_id', r.assignee_id));
end
$$;

-- SEND_NOTIFICATION {text}: a note in the app of everyone who works intake.
create function act_notify(p_decision uuid, p_n int, p_args jsonb, r intake_requests) returns void language plpgsql as $$
begin
	perform fl_notify(null, 'agent_note', 'intake', r.id, jsonb_build_object('number', r.number, 'subject', r.subject, 'text', p_args ->> 'text'));
	perform decision_act_done(p_decision, p_n, 'SEND_NOTIFICATION', p_args, '{}', null);
end
$$;

-- ESCALATE {text}: urgent, and the operators hear of it.
create function act_escalate(p_decision uuid, p_n int, p_args jsonb, r intake_requests) returns void language plpgsql as $$
begin
	update intake_requests set priority = least(priority, 2), version = version + 1, updated_at = now() where org_id = fl_org() and id = r.id;
	perform fl_notify(null, 'escalated', 'intake', r.id, jsonb_build_object('number', r.number, 'subject', r.subject, 'text', p_args ->> 'text'));
	perform decision_act_done(p_decision, p_n, 'ESCALATE', p_args, '{}', jsonb_build_object('priority', r.priority));
end
$$;

-- Carries out one action for whoever acts now. FL403 without the right, FL422 for a type this house does not have.
create function decision_act(p_decision uuid, p_n int, p_action jsonb, r intake_requests, p_by_agent boolean) returns void language plpgsql as $$
declare
	v_type text := p_action ->> 'type';
begin
	if not fl_can(case v_type when 'ASSIGN_PIPELINE' then 'intake.route' when 'SEND_NOTIFICATION' then 'notify.send' when 'ESCALATE' then 'intake.escalate'
			else '-' end) then
		perform fl_fail('FL403', 'error.action_not_allowed', v_type);
	end if;
	case v_type
		when 'ASSIGN_PIPELINE' then perform act_assign(p_decision, p_n, p_action -> 'args', r, p_by_agent);
		when 'SEND_NOTIFICATION' then perform act_notify(p_decision, p_n, p_action -> 'args', r);
		when 'ESCALATE' then perform act_escalate(p_decision, p_n, p_action -> 'args', r);
		else perform fl_fail('FL422', 'wrong.action', 'actions');
	end case;
end
$$;

-- All actions of a decision, in their order; all of them or, by the transaction, none.
create function decision_execute(p_decision uuid, p_actions jsonb, r intake_requests, p_by_agent boolean) returns void language plpgsql as $$
declare
	a jsonb;
	n int := 0;
begin
	for a in select * from jsonb_array_elements(p_actions) loop
		n := n + 1;
		perform decision_act(p_decision, n, a, r, p_by_agent);
	end loop;
end
$$;

-- --- decisions ---

-- A request nobody could place: a person has to look.
create function intake_to_review(p_intake uuid, p_decision uuid, p_why text) returns void language plpgsql as $$
declare
	r record;
begin
	update intake_requests set status = 'NEEDS_REVIEW', decision_id = coalesce(p_decision, decision_id), version = version + 1, updated_at = now()
		where org_id = fl_org() and id = p_intake returning number, subject into r;
	perform fl_notify(null, 'needs_review', 'intake', p_intake, jsonb_build_object('number', r.number, 'subject', r.subject, 'why', p_why));
end
$$;

-- The trail of every decision: event and audit.
create function decision_trail(p_decision uuid, p_intake uuid, p_state text, p_pipeline uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform fl_emit('decision.completed', jsonb_strip_nulls(jsonb_build_object('decision_id', p_decision, 'intake_id', p_intake, 'state', p_state, 'pipeline_id', p_pipeline)));
	perform fl_audit('decision.' || lower(p_state), 'decision', p_decision, p_detail || jsonb_build_object('intake_id', p_intake));
end
$$;

-- Keeps a decision and does what its band says, in the transaction that finishes the job. Answers its id; null when a person or another run was first,
-- or, with p_check, when the agent's limits are used up: the job then comes again when there is room, and does not count as tried. The settings hold for
-- all that is called from here: a plan made while a table was empty would scan it whole for as long as the session lives.
create function decision_record(p_intake uuid, p_job_kind text, p_agent jsonb, p_d jsonb, p_hash bytea, p_digest bytea, p_check boolean) returns uuid language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
	r intake_requests;
	d agent_decisions;
begin
	select * into r from intake_requests where org_id = fl_org() and id = p_intake and status in ('NEW', 'ROUTING') for update;
	if not found then
		return null;
	end if;
	if p_check and decision_allowance((p_agent ->> 'per_minute')::int, (p_agent ->> 'per_hour')::int) < 1 then
		perform decision_later(p_job_kind, p_intake);
		return null;
	end if;
	d := jsonb_populate_record(null::agent_decisions, p_d);
	d.pipeline_id := (select id from pipelines where org_id = fl_org() and id = d.pipeline_id and archived_at is null);
	d.state := decision_band(d.confidence, d.auto_threshold, d.approval_threshold, d.pipeline_id is not null);
	insert into agent_decisions (org_id, agent_id, agent_version, intake_id, state, provider, model, prompt_version, fallback, input_hash, context_digest, pipeline_id,
			intent, confidence, stated, auto_threshold, approval_threshold, reason, evidence, alternatives, entities, actions, priority, raw_output, latency_us,
			prompt_tokens, completion_tokens, cost_micro)
		values (fl_org(), (p_agent ->> 'id')::uuid, (p_agent ->> 'version')::int, p_intake, d.state, d.provider, d.model, coalesce(d.prompt_version, ''), d.fallback,
			p_hash, p_digest, d.pipeline_id, d.intent, d.confidence, d.stated, d.auto_threshold, d.approval_threshold, coalesce(d.reason, ''),
			coalesce(d.evidence, '[]'), coalesce(d.alternatives, '[]'), coalesce(d.entities, '{}'), coalesce(d.actions, '[]'), d.priority, d.raw_output,
			coalesce(d.latency_us, 0), coalesce(d.prompt_tokens, 0), coalesce(d.completion_tokens, 0), coalesce(d.cost_micro, 0))
		returning id into d.id;
	r.contact_id := coalesce(r.contact_id, contact_for(r.requester_name, r.requester_email, r.requester_phone));
	r.intent := d.intent;
	if d.state = 'AUTO_EXECUTED' then
		perform decision_execute(d.id, d.actions, r, true);
	else
		update intake_requests set status = case d.state when 'PENDING_APPROVAL' then 'NEEDS_APPROVAL' else 'NEEDS_REVIEW' end, decision_id = d.id,
				contact_id = r.contact_id, intent = coalesce(d.intent, intent), version = version + 1, updated_at = now()
			where org_id = fl_org() and id = p_intake;
		perform fl_notify(null, case d.state when 'PENDING_APPROVAL' then 'needs_approval' else 'needs_review' end, 'intake', p_intake,
			jsonb_build_object('number', r.number, 'subject', r.subject, 'decision_id', d.id));
	end if;
	perform decision_trail(d.id, p_intake, d.state, d.pipeline_id, jsonb_build_object('provider', d.provider, 'confidence', d.confidence));
	return d.id;
end
$$;

-- Over the limit: the same job again, some seconds on, spread so that a flood does not come back as one.
create function decision_later(p_kind text, p_intake uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue(case p_kind when 'intake.ask' then 'intake-decision' else 'intake-routing' end, p_kind, jsonb_build_object('intake_id', p_intake),
		p_run_at => clock_timestamp() + make_interval(secs => 5 + 10 * random()));
end
$$;

-- The organisation asks a language model: the request goes to the job that may wait for it.
create function decision_hand_over(p_intake uuid) returns void language plpgsql as $$
begin
	update intake_requests set status = 'ROUTING', version = version + 1, updated_at = now() where org_id = fl_org() and id = p_intake and status = 'NEW';
	if found then
		perform fl_enqueue('intake-decision', 'intake.ask', jsonb_build_object('intake_id', p_intake), p_dedupe => p_intake::text);
	end if;
end
$$;

-- Deciding failed for good: a person has to look, and the decision says why.
create function decision_failed(p_intake uuid, p_why text) returns void language plpgsql as $$
declare
	r intake_requests;
	v_id uuid;
begin
	select * into r from intake_requests where org_id = fl_org() and id = p_intake and status in ('NEW', 'ROUTING') for update;
	if not found then
		return;
	end if;
	insert into agent_decisions (org_id, intake_id, state, provider, input_hash, auto_threshold, approval_threshold, reason)
		values (fl_org(), p_intake, 'FAILED', 'builtin', sha256(convert_to(r.subject || E'\n' || r.body, 'UTF8')), 1, 1, left(p_why, 300)) returning id into v_id;
	perform intake_to_review(p_intake, v_id, 'failed');
	perform decision_trail(v_id, p_intake, 'FAILED', null, jsonb_build_object('why', left(p_why, 300)));
end
$$;
