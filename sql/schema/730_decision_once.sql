-- A decision that waits for a person cost a backend 3.5 million instructions, two thirds of them to make statements, functions and records ready: four functions behind
-- the statement that keeps it. Decision, event and audit line are written by that statement now, as intake_create does; ids are made once, where all can name them.

-- Keeps decisions of one organisation, in the order given, and does what their bands say. Each element names the request, the job that decided and its request, the agent as
-- it was read, whether its limits count, hashes in hex, and the columns of agent_decisions.
create or replace function decision_record(p_all jsonb) returns void language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
	v_org uuid := nullif(current_setting('app.current_org_id', true), '')::uuid;
	v_user uuid := nullif(current_setting('app.user_id', true), '')::uuid;
	v_actor text := coalesce(nullif(current_setting('app.actor', true), ''), 'system');
	v_trace text := nullif(current_setting('app.trace_id', true), '');
	v_left bigint;
	v_made decision_made[];
	v_told boolean;
	m decision_made;
	r intake_requests;
	e jsonb;
begin
	-- a meeting wanted makes a job, by a trigger that knows one request only
	if jsonb_array_length(p_all) = 1 then
		perform decision_for_job((p_all #>> '{0,job_id}')::uuid, p_all #>> '{0,request_id}');
	elsif p_all @> '[{"intent": "SCHEDULING"}]' then
		for e in select x from jsonb_array_elements(p_all) x loop
			perform decision_record(jsonb_build_array(e));
		end loop;
		return;
	end if;
	if p_all @> '[{"counts": true}]' then
		v_left := decision_allowance((p_all #>> '{0,agent,per_minute}')::int, (p_all #>> '{0,agent,per_hour}')::int);
	end if;
	with fits as materialized (
		select g.*, q.number, q.subject, p.id as fit, decision_band(g.confidence, g.auto_threshold, g.approval_threshold, p.id is not null) as band,
				case when g.is_free then fl_uuid() end as id,
				coalesce(q.contact_id, case when g.is_free then contact_for(q.requester_name, q.requester_email, q.requester_phone) end) as contact
			from (select distinct on (x.intake_id) x.*, x.n <= v_left or not x.counts as is_free
				from rows from (jsonb_to_recordset(p_all) as (intake_id uuid, job_id uuid, job_kind text, request_id text, agent jsonb, counts boolean, input_hash text, context_digest text,
					provider text, model text, prompt_version text, fallback text, pipeline_id uuid, intent text, confidence float8, stated float8, auto_threshold float8,
					approval_threshold float8, reason text, evidence jsonb, alternatives jsonb, entities jsonb, actions jsonb, priority smallint, raw_output text, latency_us bigint,
					prompt_tokens bigint, completion_tokens bigint, cost_micro bigint)) with ordinality x(intake_id, job_id, job_kind, request_id, agent, counts, input_hash,
					context_digest, provider, model, prompt_version, fallback, pipeline_id, intent, confidence, stated, auto_threshold, approval_threshold, reason, evidence,
					alternatives, entities, actions, priority, raw_output, latency_us, prompt_tokens, completion_tokens, cost_micro, n)
				order by x.intake_id, x.n) g
			-- each by its key: a join planned while the table was small would go through all requests there are, in each round
			cross join lateral (select w.number, w.subject, w.contact_id, w.requester_name, w.requester_email, w.requester_phone from intake_requests w
				where w.org_id = v_org and w.id = g.intake_id and (w.status in ('NEW', 'ROUTING')) is true for update) q
			left join pipelines p on p.org_id = v_org and p.id = g.pipeline_id and p.archived_at is null
	), made as (
		insert into agent_decisions (org_id, id, agent_id, agent_version, intake_id, state, provider, model, prompt_version, fallback, input_hash, context_digest, pipeline_id,
				intent, confidence, stated, auto_threshold, approval_threshold, reason, evidence, alternatives, entities, actions, priority, raw_output, latency_us,
				prompt_tokens, completion_tokens, cost_micro)
			select v_org, f.id, (f.agent ->> 'id')::uuid, (f.agent ->> 'version')::int, f.intake_id, f.band, f.provider, f.model, coalesce(f.prompt_version, ''), f.fallback,
					decode(f.input_hash, 'hex'), decode(f.context_digest, 'hex'), f.fit, f.intent, f.confidence, f.stated, f.auto_threshold, f.approval_threshold,
					coalesce(f.reason, ''), coalesce(f.evidence, '[]'), coalesce(f.alternatives, '[]'), coalesce(f.entities, '{}'), coalesce(f.actions, '[]'), f.priority,
					f.raw_output, coalesce(f.latency_us, 0), coalesce(f.prompt_tokens, 0), coalesce(f.completion_tokens, 0), coalesce(f.cost_micro, 0)
				from fits f where f.is_free
	), event as (
		insert into system_events (org_id, id, type, actor_type, actor_id, payload_schema, payload, correlation_id, trace_id)
			select v_org, f.id, 'decision.completed', v_actor, coalesce(v_user, f.job_id), 'decision.completed@1.0', jsonb_strip_nulls(jsonb_build_object('decision_id', f.id,
					'intake_id', f.intake_id, 'state', f.band, 'pipeline_id', f.fit)), f.request_id, coalesce(v_trace, f.request_id)
				from fits f where f.is_free
	), audit as (
		insert into audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
			select v_org, v_actor, coalesce(v_user, f.job_id), 'decision.' || lower(f.band), 'decision', f.id,
					jsonb_build_object('provider', f.provider, 'confidence', f.confidence, 'intake_id', f.intake_id), f.request_id
				from fits f where f.is_free
	)
	select array_agg(row(f.id, f.band, f.provider, f.confidence, f.fit, f.intent, f.actions, f.intake_id, f.contact, f.number, f.subject, f.job_id, f.job_kind,
			f.request_id)::decision_made), exists (select from event_listeners l where l.type = 'decision.completed')
		into v_made, v_told from fits f;

	foreach m in array coalesce(v_made, '{}') loop
		if m.id is null then
			perform decision_for_job(m.job_id, m.request_id), decision_later(m.job_kind, m.intake_id);
		elsif m.state = 'AUTO_EXECUTED' then
			perform decision_for_job(m.job_id, m.request_id);
			select * into r from intake_requests where org_id = v_org and id = m.intake_id;
			r.contact_id := m.contact_id;
			r.intent := m.intent;
			perform decision_execute(m.id, m.actions, r, true);
		else
			update intake_requests q set status = case m.state when 'PENDING_APPROVAL' then 'NEEDS_APPROVAL' else 'NEEDS_REVIEW' end, decision_id = m.id, contact_id = m.contact_id,
				intent = coalesce(m.intent, q.intent), version = q.version + 1, updated_at = now() where q.org_id = v_org and q.id = m.intake_id;
		end if;
	end loop;
	perform decision_told(v_made, v_told);
end
$$;

-- Who is to look hears of it; with `p_listened`, the jobs of those that listen to decisions.
create function decision_told(p_made decision_made[], p_listened boolean) returns void language plpgsql as $$
declare
	v_kinds text[];
	v_subjects uuid[];
	v_details jsonb[];
	v_requests text[];
	l record;
begin
	select array_agg(case u.state when 'PENDING_APPROVAL' then 'needs_approval' else 'needs_review' end), array_agg(u.intake_id),
			array_agg(jsonb_build_object('number', u.number, 'subject', u.subject, 'decision_id', u.id)), array_agg(u.request_id)
		into v_kinds, v_subjects, v_details, v_requests from unnest(p_made) u where u.state <> 'AUTO_EXECUTED' and u.id is not null;
	if v_kinds is not null then
		perform fl_notify_all(null, v_kinds, 'intake', v_subjects, v_details, v_requests);
	end if;
	if p_listened then
		for l in select e.id, e.payload, e.correlation_id, k.queue, k.kind from unnest(p_made) u join system_events e on e.org_id = fl_org() and e.id = u.id
				join event_listeners k on k.type = 'decision.completed' order by e.id, k.queue, k.kind loop
			perform set_config('app.request_id', l.correlation_id, true);
			perform fl_enqueue(l.queue, l.kind, l.payload || jsonb_build_object('event_id', l.id));
		end loop;
	end if;
end
$$;
drop function decision_told(decision_made[]);
drop function fl_emit_all(text, jsonb[], uuid[], text[]);
drop function fl_audit_all(text[], text, uuid[], jsonb[], uuid[], text[]);

-- A notification that is to go out by mail or as a text message.
create type note_outward as (id uuid, user_id uuid, email boolean, sms boolean, urgent boolean, request text);

create function note_send_all(p_all note_outward[]) returns void language plpgsql as $$
declare
	o note_outward;
	n notifications;
	s notification_settings;
begin
	foreach o in array p_all loop
		select * into n from notifications x where x.org_id = fl_org() and x.id = o.id;
		select * into s from notification_settings x where x.org_id = fl_org() and x.user_id = o.user_id;
		if o.request is not null then
			perform set_config('app.request_id', o.request, true);
		end if;
		if o.email then
			perform note_send(n, 'email', s, o.urgent);
		end if;
		if o.sms and s.phone_proved_at is not null then
			perform note_send(n, 'sms', s, o.urgent);
		end if;
	end loop;
end
$$;

-- As fl_notify, one subject for each kind. Most is told in the app alone: what is sent out has its own function, whose records are made when there is something to send.
create or replace function fl_notify_all(p_user uuid, p_kinds text[], p_subject_kind text, p_subjects uuid[], p_details jsonb[], p_requests text[]) returns void language plpgsql as $$
declare
	v_out note_outward[];
begin
	with who as materialized (
		select fl_uuid() as id, m.user_id, x.kind, x.subject, coalesce(x.detail, '{}') as detail, x.request, coalesce(c.in_app, true) as in_app,
				coalesce(c.email, k.by_mail, false) as email, coalesce(c.sms, false) as sms,
				coalesce(k.urgent, false) or coalesce((x.detail ->> 'urgent')::boolean, false) as urgent
			from unnest(p_kinds, p_subjects, p_details, p_requests) with ordinality x(kind, subject, detail, request, n)
				join memberships m on m.org_id = fl_org() and (m.user_id = p_user
					or (p_user is null and exists (select from role_permissions y where y.role = m.role and y.permission = 'notify.receive')))
				left join notification_kinds k on k.kind = x.kind
				left join notification_preferences c on c.org_id = m.org_id and c.user_id = m.user_id and c.kind = x.kind
			order by x.n, m.user_id
	), told as (
		insert into notifications (org_id, id, user_id, kind, subject_kind, subject_id, detail, shown, read_at)
			select fl_org(), w.id, w.user_id, w.kind, p_subject_kind, w.subject, w.detail - 'urgent', w.in_app, case when not w.in_app then now() end
				from who w where w.in_app or w.email or w.sms
	)
	select array_agg(row(w.id, w.user_id, w.email, w.sms, w.urgent, w.request)::note_outward) into v_out from who w where w.email or w.sms;
	if v_out is not null then
		perform note_send_all(v_out);
	end if;
end
$$;

-- The counters of a request follow its status: each step by one statement.
create or replace function intake_status_follow() returns trigger language plpgsql as $$
begin
	if old.status = new.status then
		return null;
	end if;
	insert into counter_deltas (org_id, name, delta) select new.org_id, n.name, n.delta from (values
			(case when intake_counter(old.status) <> intake_counter(new.status) then intake_counter(old.status) end, -1),
			(case when intake_counter(old.status) <> intake_counter(new.status) then intake_counter(new.status) end, 1),
			(case old.status when 'NEEDS_APPROVAL' then 'intake.approval' when 'NEEDS_REVIEW' then 'intake.review' end, -1),
			(case new.status when 'NEEDS_APPROVAL' then 'intake.approval' when 'NEEDS_REVIEW' then 'intake.review' end, 1)) n(name, delta)
		where n.name is not null;
	if old.status = 'NEEDS_APPROVAL' then
		update agent_decisions set state = 'REJECTED', decided_by = fl_user(), decided_at = now(), correct = case when new.pipeline_id is not null then pipeline_id = new.pipeline_id end
			where org_id = new.org_id and id = old.decision_id and state = 'PENDING_APPROVAL';
	end if;
	if new.status in ('CLOSED', 'REJECTED') then
		delete from intake_unanswered u where u.org_id = new.org_id and u.intake_id = new.id;
	end if;
	return null;
end
$$;
