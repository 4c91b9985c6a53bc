-- Decisions of a round of jobs are kept together: each table is written by one statement, however many there are. What a statement costs before
-- it writes a row (plans, checks read from their texts, triggers, policies) was nine tenths of a decision: 4.2 million instructions of a
-- processor for each of sixty-four kept one by one.

-- The jobs of a round were asked for by requests of their own: what an event makes carries its request on.
create or replace function hook_event() returns trigger language plpgsql as $$
declare
	v_hook uuid;
begin
	for v_hook in select h.id from public.hooks h where h.org_id = new.org_id and h.active and new.type = any (h.events) order by h.id loop
		perform set_config('app.request_id', coalesce(new.correlation_id, ''), true);
		perform public.hook_post(new.org_id, v_hook, new.type, coalesce(new.payload ->> 'intake_id', new.payload ->> 'task_id', new.payload ->> 'booking_id', new.payload ->> 'item_id',
			new.payload ->> 'document_id', new.payload ->> 'subject_id', new.payload ->> 'event_id', new.id::text)::uuid, new.payload);
	end loop;
	return null;
end
$$;

-- As fl_notify, one subject for each kind.
create function fl_notify_all(p_user uuid, p_kinds text[], p_subject_kind text, p_subjects uuid[], p_details jsonb[], p_requests text[]) returns void language plpgsql as $$
declare
	r record;
	n notifications;
	s notification_settings;
begin
	for r in with who as materialized (
				select fl_uuid() as id, m.user_id, x.kind, x.subject, coalesce(x.detail, '{}') as detail, x.request, coalesce(c.in_app, true) as in_app,
						coalesce(c.email, k.by_mail, false) as email, coalesce(c.sms, false) as sms,
						coalesce(k.urgent, false) or coalesce((x.detail ->> 'urgent')::boolean, false) as urgent
					from unnest(p_kinds, p_subjects, p_details, p_requests) with ordinality x(kind, subject, detail, request, n)
						join memberships m on m.org_id = fl_org() and (m.user_id = p_user
							or (p_user is null and exists (select from role_permissions y where y.role = m.role and y.permission = 'notify.receive')))
						left join notification_kinds k on k.kind = x.kind
						left join notification_preferences c on c.org_id = m.org_id and c.user_id = m.user_id and c.kind = x.kind
					order by x.n, m.user_id),
			told as (insert into notifications (org_id, id, user_id, kind, subject_kind, subject_id, detail, shown, read_at)
				select fl_org(), w.id, w.user_id, w.kind, p_subject_kind, w.subject, w.detail - 'urgent', w.in_app, case when not w.in_app then now() end
					from who w where w.in_app or w.email or w.sms)
			select w.id, w.user_id, w.email, w.sms, w.urgent, w.request from who w where w.email or w.sms loop
		select * into n from notifications x where x.org_id = fl_org() and x.id = r.id;
		s := null;
		select * into s from notification_settings x where x.org_id = fl_org() and x.user_id = r.user_id;
		if r.request is not null then
			perform set_config('app.request_id', r.request, true);
		end if;
		if r.email then
			perform note_send(n, 'email', s, r.urgent);
		end if;
		if r.sms and s.phone_proved_at is not null then
			perform note_send(n, 'sms', s, r.urgent);
		end if;
	end loop;
end
$$;

create or replace function fl_notify(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform fl_notify_all(p_user, array[p_kind], p_subject_kind, array[p_subject], array[p_detail], null);
end
$$;

-- As fl_emit, of the current version of a type and without keys, each for a job and the request that asked for it.
create function fl_emit_all(p_type text, p_payloads jsonb[], p_jobs uuid[], p_requests text[]) returns void language plpgsql as $$
declare
	t record;
	l record;
begin
	select version, required, optional into t from event_types where type = p_type and current;
	if not found then
		raise exception 'unknown event type %', p_type using errcode = 'invalid_parameter_value';
	end if;
	if exists (select from unnest(p_payloads) p where not p ?& t.required or p - t.required - t.optional <> '{}'::jsonb) then
		raise exception 'payload of % does not fit %@%: %', p_type, p_type, t.version, p_payloads using errcode = 'invalid_parameter_value';
	end if;
	for l in with e as (insert into system_events (org_id, type, actor_type, actor_id, payload_schema, payload, correlation_id, trace_id)
				select fl_org(), p_type, coalesce(nullif(current_setting('app.actor', true), ''), 'system'), coalesce(fl_user(), x.job), p_type || '@' || t.version, x.payload,
						x.request, coalesce(nullif(current_setting('app.trace_id', true), ''), x.request)
					from unnest(p_payloads, p_jobs, p_requests) with ordinality x(payload, job, request, n) order by x.n
				returning id, payload, correlation_id)
			select e.id, e.payload, e.correlation_id, k.queue, k.kind from e join event_listeners k on k.type = p_type order by e.id loop
		perform set_config('app.request_id', l.correlation_id, true);
		perform fl_enqueue(l.queue, l.kind, l.payload || jsonb_build_object('event_id', l.id));
	end loop;
end
$$;

-- As fl_audit, each for a job and the request that asked for it.
create function fl_audit_all(p_actions text[], p_subject_kind text, p_subjects uuid[], p_details jsonb[], p_jobs uuid[], p_requests text[]) returns void language plpgsql as $$
begin
	insert into audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		select fl_org(), coalesce(nullif(current_setting('app.actor', true), ''), 'system'), coalesce(fl_user(), x.job), x.action, p_subject_kind, x.subject,
				case when current_setting('app.support', true) <> '' then x.detail || jsonb_build_object('visit', current_setting('app.support', true)) else x.detail end, x.request
			from unnest(p_actions, p_subjects, p_details, p_jobs, p_requests) with ordinality x(action, subject, detail, job, request, n) order by x.n;
end
$$;

-- A decision of a round as it was kept; state is null when the agent's limits are used up.
create type decision_made as (id uuid, state text, provider text, confidence float8, pipeline_id uuid, intent text, actions jsonb, intake_id uuid, contact_id uuid,
	number bigint, subject text, job_id uuid, job_kind text, request_id text);

-- Whoever acts, for one job of several.
create function decision_for_job(p_job uuid, p_request text) returns void language plpgsql as $$
begin
	perform set_config('app.job_id', p_job::text, true), set_config('app.request_id', p_request, true);
end
$$;

-- Keeps decisions of one organisation, in the order given, and does what their bands say. Each element names the request, the job that decided and its request, the agent as
-- it was read, whether its limits count, hashes in hex, and the columns of agent_decisions.
create function decision_record(p_all jsonb) returns void language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
	v_org uuid := fl_org();
	v_left bigint;
	v_made decision_made[];
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
	with given as materialized (
		select distinct on (x.intake_id) x.*, x.n <= v_left or not x.counts as is_free
			from rows from (jsonb_to_recordset(p_all) as (intake_id uuid, job_id uuid, job_kind text, request_id text, agent jsonb, counts boolean, input_hash text, context_digest text,
				provider text, model text, prompt_version text, fallback text, pipeline_id uuid, intent text, confidence float8, stated float8, auto_threshold float8,
				approval_threshold float8, reason text, evidence jsonb, alternatives jsonb, entities jsonb, actions jsonb, priority smallint, raw_output text, latency_us bigint,
				prompt_tokens bigint, completion_tokens bigint, cost_micro bigint)) with ordinality x(intake_id, job_id, job_kind, request_id, agent, counts, input_hash,
				context_digest, provider, model, prompt_version, fallback, pipeline_id, intent, confidence, stated, auto_threshold, approval_threshold, reason, evidence,
				alternatives, entities, actions, priority, raw_output, latency_us, prompt_tokens, completion_tokens, cost_micro, n)
			order by x.intake_id, x.n
	), held as materialized (
		-- each by its key: a join planned while the table was small would go through all requests there are, in each round
		select g.*, q.* from given g cross join lateral (select w.number, w.subject, w.contact_id, w.requester_name, w.requester_email, w.requester_phone from intake_requests w
			where w.org_id = v_org and w.id = g.intake_id and (w.status in ('NEW', 'ROUTING')) is true for update) q
	), fits as materialized (
		select h.*, p.id as fit, decision_band(h.confidence, h.auto_threshold, h.approval_threshold, p.id is not null) as band,
				coalesce(h.contact_id, case when h.is_free then contact_for(h.requester_name, h.requester_email, h.requester_phone) end) as contact
			from held h left join pipelines p on p.org_id = v_org and p.id = h.pipeline_id and p.archived_at is null
	), made as (
		insert into agent_decisions (org_id, agent_id, agent_version, intake_id, state, provider, model, prompt_version, fallback, input_hash, context_digest, pipeline_id,
				intent, confidence, stated, auto_threshold, approval_threshold, reason, evidence, alternatives, entities, actions, priority, raw_output, latency_us,
				prompt_tokens, completion_tokens, cost_micro)
			select v_org, (f.agent ->> 'id')::uuid, (f.agent ->> 'version')::int, f.intake_id, f.band, f.provider, f.model, coalesce(f.prompt_version, ''), f.fallback,
					decode(f.input_hash, 'hex'), decode(f.context_digest, 'hex'), f.fit, f.intent, f.confidence, f.stated, f.auto_threshold, f.approval_threshold,
					coalesce(f.reason, ''), coalesce(f.evidence, '[]'), coalesce(f.alternatives, '[]'), coalesce(f.entities, '{}'), coalesce(f.actions, '[]'), f.priority,
					f.raw_output, coalesce(f.latency_us, 0), coalesce(f.prompt_tokens, 0), coalesce(f.completion_tokens, 0), coalesce(f.cost_micro, 0)
				from fits f where f.is_free order by f.n
			returning id, intake_id
	)
	select array_agg(row(d.id, case when d.id is not null then f.band end, f.provider, f.confidence, f.fit, f.intent, f.actions, f.intake_id, f.contact, f.number, f.subject,
			f.job_id, f.job_kind, f.request_id)::decision_made order by f.n)
		into v_made from fits f left join made d on d.intake_id = f.intake_id;

	for m in select u.* from unnest(v_made) u loop
		if m.state <> 'AUTO_EXECUTED' then
			update intake_requests q set status = case m.state when 'PENDING_APPROVAL' then 'NEEDS_APPROVAL' else 'NEEDS_REVIEW' end, decision_id = m.id, contact_id = m.contact_id,
				intent = coalesce(m.intent, q.intent), version = q.version + 1, updated_at = now() where q.org_id = v_org and q.id = m.intake_id;
			continue;
		end if;
		perform decision_for_job(m.job_id, m.request_id);
		if m.id is null then
			perform decision_later(m.job_kind, m.intake_id);
			continue;
		end if;
		select * into r from intake_requests where org_id = v_org and id = m.intake_id;
		r.contact_id := m.contact_id;
		r.intent := m.intent;
		perform decision_execute(m.id, m.actions, r, true);
	end loop;
	perform decision_told(array(select u from unnest(v_made) u where u.id is not null));
end
$$;

-- Who is to look hears of it; event and audit.
create function decision_told(p_made decision_made[]) returns void language plpgsql as $$
declare
	t record;
begin
	select array_agg(case u.state when 'PENDING_APPROVAL' then 'needs_approval' else 'needs_review' end) as kinds, array_agg(u.intake_id) as subjects,
			array_agg(jsonb_build_object('number', u.number, 'subject', u.subject, 'decision_id', u.id)) as details, array_agg(u.request_id) as requests
		into t from unnest(p_made) u where u.state <> 'AUTO_EXECUTED';
	if t.kinds is not null then
		perform fl_notify_all(null, t.kinds, 'intake', t.subjects, t.details, t.requests);
	end if;
	select array_agg(jsonb_strip_nulls(jsonb_build_object('decision_id', u.id, 'intake_id', u.intake_id, 'state', u.state, 'pipeline_id', u.pipeline_id))) as payloads,
			array_agg('decision.' || lower(u.state)) as actions, array_agg(u.id) as ids,
			array_agg(jsonb_build_object('provider', u.provider, 'confidence', u.confidence, 'intake_id', u.intake_id)) as details,
			array_agg(u.job_id) as jobs, array_agg(u.request_id) as requests
		into t from unnest(p_made) u;
	if t.ids is not null then
		perform fl_emit_all('decision.completed', t.payloads, t.jobs, t.requests);
		perform fl_audit_all(t.actions, 'decision', t.ids, t.details, t.jobs, t.requests);
	end if;
end
$$;

-- Processes of the release before ask so, while an upgrade goes on.
create or replace function decision_record(p_intake uuid, p_job_kind text, p_agent jsonb, p_d jsonb, p_hash bytea, p_digest bytea, p_check boolean) returns uuid language plpgsql as $$
begin
	perform decision_record(jsonb_build_array(p_d || jsonb_build_object('intake_id', p_intake, 'job_id', nullif(current_setting('app.job_id', true), ''), 'job_kind', p_job_kind,
		'request_id', coalesce(current_setting('app.request_id', true), ''), 'agent', p_agent, 'counts', p_check, 'input_hash', encode(p_hash, 'hex'),
		'context_digest', encode(p_digest, 'hex'))));
	return null;
end
$$;
