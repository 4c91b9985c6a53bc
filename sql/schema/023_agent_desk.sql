-- What people do about decisions: approve, send elsewhere, reject, undo, judge; tasks; the learner's cases; the agent's rules; the token budget.

-- --- tasks (TSK) ---

create function task_add(p_title text, p_intake uuid, p_decision uuid, p_pipeline uuid, p_stage uuid, p_priority int) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	insert into tasks (org_id, title, intake_id, decision_id, pipeline_id, stage_id, priority)
		values (fl_org(), p_title, p_intake, p_decision, p_pipeline, p_stage, p_priority) returning id into v_id;
	perform fl_emit('task.created', jsonb_build_object('task_id', v_id));
	return v_id;
end
$$;

-- Cancels a task that is not done; what is blocked or in review goes back to work first (X-57).
create function task_cancel(p_task uuid) returns void language plpgsql as $$
begin
	update tasks set status = 'IN_PROGRESS', version = version + 1, updated_at = now() where org_id = fl_org() and id = p_task and status in ('BLOCKED', 'NEEDS_REVIEW');
	update tasks set status = 'CANCELLED', version = version + 1, updated_at = now() where org_id = fl_org() and id = p_task and status in ('NEW', 'IN_PROGRESS');
	if found then
		perform fl_audit('task.cancel', 'task', p_task);
	end if;
end
$$;

-- --- the learner ---

-- A model is to be made of what is known now. One job an organisation is enough; one that has begun already may have missed this.
create function learner_stale() returns void language plpgsql as $$
begin
	perform fl_enqueue('intake-decision', 'learner.train', '{}', 7, clock_timestamp() + interval '2 seconds', 'learner.train');
end
$$;

-- A person said what is right for a request; the latest word counts. p_pipeline null: none fits.
create function labelled_case_add(p_intake uuid, p_pipeline uuid, p_source text) returns void language plpgsql as $$
begin
	insert into labelled_cases (org_id, intake_id, pipeline_id, subject, body, source)
		select fl_org(), r.id, p_pipeline, r.subject, r.body, p_source from intake_requests r where r.org_id = fl_org() and r.id = p_intake
		on conflict (org_id, intake_id) where intake_id is not null do update set pipeline_id = excluded.pipeline_id, source = excluded.source, created_at = now();
	perform learner_stale();
end
$$;

-- The words of a pipeline are the learner's first examples.
create function learner_stale_trigger() returns trigger language plpgsql as $$
begin
	if fl_org() is not null then
		perform learner_stale();
	end if;
	return null;
end
$$;
create trigger learner_stale after insert or update of name, description, intent, archived_at on pipelines for each row execute function learner_stale_trigger();

-- Keeps a model and the four before it. A case or pipeline that changed since p_seen asks for the next one.
create function learner_keep(p_bytes bytea, p_cases int, p_seen timestamptz) returns bigint language plpgsql as $$
declare
	v_version bigint := coalesce((select max(version) from learner_models where org_id = fl_org()), 0) + 1;
begin
	insert into learner_models (org_id, version, bytes, cases) values (fl_org(), v_version, p_bytes, p_cases);
	delete from learner_models where org_id = fl_org() and version <= v_version - 5;
	perform fl_audit('learner.train', 'learner', null, jsonb_build_object('version', v_version, 'cases', p_cases));
	if exists (select from labelled_cases where org_id = fl_org() and created_at > p_seen) or exists (select from pipelines where org_id = fl_org() and updated_at > p_seen) then
		perform fl_enqueue('intake-decision', 'learner.train', '{}', 7, clock_timestamp() + interval '2 seconds', 'learner.train.again');
	end if;
	return v_version;
end
$$;

-- --- approvals ---

-- The proposal whose promise ends first.
create function approval_first() returns uuid language plpgsql stable as $$
begin
	return (select d.id from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
		where d.org_id = fl_org() and d.state = 'PENDING_APPROVAL' order by r.due_at, d.id limit 1);
end
$$;

-- Where the person goes after acting: the proposal that is first then; empty when none waits.
create function approval_next() returns text language plpgsql stable as $$
begin
	return coalesce(approval_first()::text, '');
end
$$;

-- Locks a decision that waits, and its request. FL409 when somebody or something was first.
create function decision_hold(p_id uuid, out d agent_decisions, out r intake_requests) language plpgsql as $$
begin
	select * into d from agent_decisions where org_id = fl_org() and id = p_id for update;
	if d.id is null then
		return;
	end if;
	select * into r from intake_requests where org_id = fl_org() and id = d.intake_id for update;
	if d.state <> 'PENDING_APPROVAL' or r.status <> 'NEEDS_APPROVAL' then
		perform fl_fail('FL409', 'error.decided', 'state');
	end if;
end
$$;

-- One line of the real difference between what was proposed and what was approved.
create function decision_edit(p_field text, p_from text, p_to text) returns jsonb language sql immutable as $$
	select case when p_to is not null and p_to is distinct from p_from
		then jsonb_build_array(jsonb_build_object('field', p_field, 'from', p_from, 'to', p_to)) else '[]'::jsonb end
$$;

-- The stored actions with what the person changed in them.
create function decision_edited(p_actions jsonb, p_pipeline uuid, p_priority int, p_assignee uuid, p_title text) returns jsonb language sql immutable as $$
	select coalesce(jsonb_agg(case when a ->> 'type' = 'ASSIGN_PIPELINE' then jsonb_set(a, '{args}', (a -> 'args')
			|| jsonb_strip_nulls(jsonb_build_object('pipeline_id', p_pipeline, 'priority', p_priority, 'assignee_id', p_assignee, 'title', p_title))) else a end order by n), '[]')
	from jsonb_array_elements(p_actions) with ordinality x(a, n)
$$;

-- Approves a waiting decision, as proposed or with changes (null: as proposed), and carries it out with the rights of who approves.
create function decision_approve(p_id uuid, p_pipeline uuid, p_priority bigint, p_assignee uuid, p_title text) returns table (id uuid, next text) language plpgsql as $$
declare
	h record;
	d agent_decisions;
	r intake_requests;
	v_pipeline uuid;
	v_edits jsonb;
begin
	select * into h from decision_hold(p_id);
	d := h.d;
	r := h.r;
	if d.id is null then
		return;
	end if;
	v_pipeline := coalesce(p_pipeline, d.pipeline_id);
	if not exists (select from pipelines p where p.org_id = fl_org() and p.id = v_pipeline and p.archived_at is null) then
		perform fl_fail('FL409', 'error.pipeline_gone', 'pipeline_id');
	end if;
	if p_assignee is not null and not exists (select from memberships m where m.org_id = fl_org() and m.user_id = p_assignee) then
		perform fl_fail('FL422', 'wrong.choice', 'assignee_id');
	end if;
	v_edits := decision_edit('pipeline_id', d.pipeline_id::text, p_pipeline::text) || decision_edit('priority', coalesce(d.priority, r.priority)::text, p_priority::text)
		|| decision_edit('assignee_id', r.assignee_id::text, p_assignee::text) || decision_edit('title', r.subject, nullif(p_title, ''));
	d.actions := decision_edited(d.actions, v_pipeline, p_priority::int, p_assignee, nullif(p_title, ''));
	update agent_decisions a set state = 'EXECUTED', decided_by = fl_user(), decided_at = now(), edits = nullif(v_edits, '[]'), correct = d.pipeline_id = v_pipeline
		where a.org_id = fl_org() and a.id = p_id;
	perform decision_execute(p_id, d.actions, r, false);
	perform labelled_case_add(r.id, v_pipeline, 'approval');
	perform decision_trail(p_id, r.id, 'EXECUTED', v_pipeline, jsonb_build_object('edits', v_edits));
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', r.id, 'change', 'approved'));
	return query select p_id, approval_next();
end
$$;

-- Rejects a waiting decision; the request waits for a person to place it. With p_none the person says that no pipeline fits, which is learned.
create function decision_reject(p_id uuid, p_reason text, p_none boolean) returns table (id uuid, next text) language plpgsql as $$
declare
	h record;
	d agent_decisions;
	r intake_requests;
begin
	select * into h from decision_hold(p_id);
	d := h.d;
	r := h.r;
	if d.id is null then
		return;
	end if;
	update agent_decisions a set state = 'REJECTED', decided_by = fl_user(), decided_at = now(), decided_reason = p_reason, correct = false
		where a.org_id = fl_org() and a.id = p_id;
	update intake_requests x set status = 'NEEDS_REVIEW', version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = r.id;
	if p_none then
		perform labelled_case_add(r.id, null, 'approval');
	end if;
	perform decision_trail(p_id, r.id, 'REJECTED', null, jsonb_build_object('reason', p_reason));
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', r.id, 'change', 'rejected'));
	return query select p_id, approval_next();
end
$$;

-- Approves several as proposed. Those that somebody was first with, or whose pipeline is gone, are passed over and counted.
create function decisions_approve(p_ids jsonb) returns table (approved bigint, passed_over bigint) language plpgsql as $$
declare
	v_id uuid;
begin
	approved := 0;
	passed_over := 0;
	for v_id in select x::uuid from jsonb_array_elements_text(p_ids) x where x ~ '^[0-9a-f-]{36}$' order by x limit 200 loop
		if exists (select from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
				join pipelines p on p.org_id = d.org_id and p.id = d.pipeline_id and p.archived_at is null
				where d.org_id = fl_org() and d.id = v_id and d.state = 'PENDING_APPROVAL' and r.status = 'NEEDS_APPROVAL') then
			perform decision_approve(v_id, null, null, null, null);
			approved := approved + 1;
		else
			passed_over := passed_over + 1;
		end if;
	end loop;
	return next;
end
$$;

-- Decisions that waited seven days: the request goes to whoever looks at requests. For the sweep; works organisation by organisation.
create function decision_expire() returns bigint language plpgsql as $$
declare
	d record;
	v_done bigint := 0;
begin
	for d in select a.org_id, a.id, a.intake_id from public.agent_decisions a
			where a.state = 'PENDING_APPROVAL' and a.created_at < now() - interval '7 days' order by a.org_id, a.id limit 1000 for update skip locked loop
		perform public.fl_work(d.org_id, null, null, '');
		update public.agent_decisions a set state = 'EXPIRED' where a.org_id = d.org_id and a.id = d.id;
		if exists (select from public.intake_requests r where r.org_id = d.org_id and r.id = d.intake_id and r.status = 'NEEDS_APPROVAL') then
			perform public.intake_to_review(d.intake_id, null, 'expired');
		end if;
		perform public.decision_trail(d.id, d.intake_id, 'EXPIRED', null);
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('decision_expire()', 'fl_sweep');

-- --- undo ---

-- Puts back what one action did. FL409 when the card has moved on since.
create function decision_unact(a decision_actions, p_intake uuid) returns void language plpgsql as $$
declare
	i pipeline_items;
	v_before uuid := (a.inverse ->> 'pipeline_id')::uuid;
begin
	if a.type = 'ASSIGN_PIPELINE' then
		select * into i from pipeline_items where org_id = fl_org() and id = (a.result ->> 'item_id')::uuid and archived_at is null for update;
		if i.id is null or i.version <> (a.result ->> 'item_version')::int then
			perform fl_fail('FL409', 'error.item_moved_on', 'version');
		end if;
		perform task_cancel((a.result ->> 'task_id')::uuid);
		delete from leads where org_id = fl_org() and id = (a.result ->> 'lead_id')::uuid and status = 'New';
		if a.inverse ->> 'item_id' is null then
			perform item_remove(i.id);
		elsif v_before is distinct from i.pipeline_id then
			perform item_add(v_before, p_intake, i.number, i.title, i.priority, false);
		end if;
		update intake_requests set pipeline_id = v_before, item_id = (a.inverse ->> 'item_id')::uuid, priority = (a.inverse ->> 'priority')::int,
			assignee_id = (a.inverse ->> 'assignee_id')::uuid where org_id = fl_org() and id = p_intake;
	elsif a.type = 'ESCALATE' then
		update intake_requests set priority = (a.inverse ->> 'priority')::int where org_id = fl_org() and id = p_intake;
	end if;
	update decision_actions set state = 'undone' where org_id = fl_org() and id = a.id;
end
$$;

-- Takes back what a decision did, last action first; what cannot be undone (a note that was read) stays and is said so.
create function decision_undo(p_id uuid) returns table (id uuid, intake_id uuid) language plpgsql as $$
declare
	d agent_decisions;
	a decision_actions;
begin
	select * into d from agent_decisions x where x.org_id = fl_org() and x.id = p_id for update;
	if d.id is null then
		return;
	end if;
	perform from intake_requests x where x.org_id = fl_org() and x.id = d.intake_id and x.decision_id = d.id and x.status = 'ASSIGNED' for update;
	if not found or d.state not in ('AUTO_EXECUTED', 'EXECUTED') then
		perform fl_fail('FL409', 'error.not_undoable', 'state');
	end if;
	for a in select * from decision_actions x where x.org_id = fl_org() and x.decision_id = p_id and x.state = 'done' and x.inverse is not null order by x.n desc loop
		perform decision_unact(a, d.intake_id);
	end loop;
	update agent_decisions x set state = 'ROLLED_BACK', undone_at = now(), undone_by = fl_user() where x.org_id = fl_org() and x.id = p_id;
	update intake_requests x set status = 'NEEDS_REVIEW', version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = d.intake_id;
	perform decision_trail(p_id, d.intake_id, 'ROLLED_BACK', d.pipeline_id);
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', d.intake_id, 'change', 'undone'));
	return query select p_id, d.intake_id;
end
$$;

-- A person looked at what Fairlead did by itself and found it right.
create function decision_right(p_id uuid) returns table (id uuid, intake_id uuid) language plpgsql as $$
begin
	return query update agent_decisions d set correct = true where d.org_id = fl_org() and d.id = p_id and d.state in ('AUTO_EXECUTED', 'EXECUTED')
		and d.pipeline_id is not null returning d.id, d.intake_id;
	if found then
		perform labelled_case_add(d.intake_id, d.pipeline_id, 'approval'), fl_audit('decision.right', 'decision', d.id)
			from agent_decisions d where d.org_id = fl_org() and d.id = p_id;
	end if;
end
$$;

-- Whoever takes a waiting request elsewhere by another way answers the proposal by it.
create function decision_overtaken() returns trigger language plpgsql as $$
begin
	update agent_decisions set state = 'REJECTED', decided_by = fl_user(), decided_at = now(), correct = case when new.pipeline_id is not null then pipeline_id = new.pipeline_id end
		where org_id = new.org_id and id = old.decision_id and state = 'PENDING_APPROVAL';
	return null;
end
$$;
create trigger decision_overtaken after update of status on intake_requests for each row
	when (old.status = 'NEEDS_APPROVAL' and new.status <> 'NEEDS_APPROVAL') execute function decision_overtaken();

-- --- budget (LLM-06) ---

-- The window of tokens now runs in: from one of 0, 6, 12, 18 o'clock in the organisation's zone to the next (X-47).
create function llm_window(out began timestamptz, out ends timestamptz) language plpgsql stable as $$
declare
	v_zone text := coalesce((select zone from organizations where id = fl_org()), 'UTC');
	v_local timestamp := now() at time zone v_zone;
	v_from timestamp := date_trunc('day', v_local) + make_interval(hours => extract(hour from v_local)::int / 6 * 6);
begin
	began := v_from at time zone v_zone;
	ends := (v_from + interval '6 hours') at time zone v_zone;
end
$$;

create function llm_used(p_since timestamptz) returns bigint language plpgsql stable as $$
begin
	return coalesce((select sum(prompt_tokens + completion_tokens) from llm_calls where org_id = fl_org() and created_at >= p_since), 0);
end
$$;

-- Sets tokens aside for one call, one caller at a time: false when the window has none left. A call begins only while used and reserved are below the
-- budget together, so that it is passed by at most that call.
create function llm_reserve(p_intake uuid, p_tokens bigint, p_budget bigint) returns boolean language plpgsql as $$
declare
	v_taken bigint;
begin
	perform pg_advisory_xact_lock(hashtext('llm_reserve'), hashtext(fl_org()::text));
	select llm_used(w.began) + coalesce((select sum(tokens) from llm_reservations where org_id = fl_org() and expires_at > now() and intake_id <> p_intake), 0)
		into v_taken from llm_window() w;
	if v_taken >= p_budget then
		return false;
	end if;
	insert into llm_reservations (org_id, intake_id, tokens, expires_at) values (fl_org(), p_intake, p_tokens, now() + interval '3 minutes')
		on conflict (org_id, intake_id) do update set tokens = excluded.tokens, expires_at = excluded.expires_at;
	return true;
end
$$;

-- A call that was made, as it is kept.
create function llm_call_add(p_intake uuid, p_call jsonb) returns void language plpgsql as $$
declare
	c llm_calls := jsonb_populate_record(null::llm_calls, p_call);
begin
	insert into llm_calls (org_id, intake_id, decision_id, purpose, provider, model, prompt_version, prompt, response, prompt_tokens, completion_tokens, cost_micro,
			latency_ms, status, error, trace_id)
		values (fl_org(), p_intake, (select decision_id from intake_requests where org_id = fl_org() and id = p_intake), c.purpose, c.provider, c.model,
			coalesce(c.prompt_version, ''), coalesce(c.prompt, ''), coalesce(c.response, ''), c.prompt_tokens, c.completion_tokens, c.cost_micro, c.latency_ms, c.status,
			c.error, current_setting('app.request_id', true));
end
$$;

-- --- rules ---

-- The agent's rules; the first change makes its row.
create function agent_set(p_auto float8, p_approval float8, p_chain text, p_minute bigint, p_hour bigint, p_tokens bigint, p_instructions text,
		p_notify boolean, p_escalate boolean, p_version bigint) returns table (id uuid) language plpgsql as $$
declare
	a orchestration_agents;
	v_caps text[] := array['ASSIGN_PIPELINE'] || case when p_notify then array['SEND_NOTIFICATION'] else '{}' end || case when p_escalate then array['ESCALATE'] else '{}' end;
begin
	if p_auto < p_approval then
		perform fl_fail('FL422', 'wrong.auto_below_approval', 'auto_threshold');
	end if;
	if p_chain is not null and p_chain !~ '^(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?(,(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?){0,5}$' then
		perform fl_fail('FL422', 'wrong.chain', 'chain');
	end if;
	select * into a from orchestration_agents x where x.org_id = fl_org() and x.active for update;
	if a.id is null then
		insert into orchestration_agents (org_id) values (fl_org()) returning * into a;
	elsif p_version is not null and p_version <> a.version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	update orchestration_agents x set auto_threshold = p_auto, approval_threshold = p_approval, chain = nullif(p_chain, ''), per_minute = p_minute, per_hour = p_hour,
			tokens_per_window = p_tokens, instructions = coalesce(p_instructions, ''), capabilities = v_caps, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = a.id;
	perform fl_audit('agent.change', 'agent', a.id, jsonb_build_object('auto_threshold', p_auto, 'approval_threshold', p_approval, 'chain', p_chain, 'capabilities', v_caps));
	return query select a.id;
end
$$;

-- What a language model is told besides the request: past cases that share words with it, how often it was right when it was sure of itself, and whether
-- the budget allows the call, for which tokens are then set aside: bytes halved are more than tokens in every script we met.
create function ask_context(p_intake uuid) returns table (similar_cases text, judged bigint, found_right bigint, reserved boolean, next_available timestamptz, lang text) language plpgsql as $$
declare
	r intake_requests;
	v_budget bigint := coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000);
	v_pipelines bigint;
	v_words tsquery;
begin
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
	v_words := replace(plainto_tsquery('simple', left(r.subject || ' ' || r.body, 2000))::text, '&', '|')::tsquery;
	select string_agg(left(c.subject, 120) || ' -> ' || coalesce(p.name, '(none)'), E'\n' order by c.rank desc) into similar_cases
		from (select l.subject, l.pipeline_id, ts_rank(to_tsvector('simple', l.subject), v_words) as rank
			from (select * from labelled_cases x where x.org_id = fl_org() order by x.created_at desc limit 1000) l
			order by rank desc, l.id desc limit 5) c left join pipelines p on p.org_id = fl_org() and p.id = c.pipeline_id
		where c.rank > 0 and (p.id is null or p.archived_at is null);
	select count(*), count(*) filter (where d.correct) into judged, found_right from (select x.correct from agent_decisions x
		where x.org_id = fl_org() and x.correct is not null and x.stated >= x.auto_threshold order by x.id desc limit 200) d;
	select coalesce(sum(octet_length(p.name) + octet_length(p.description)), 0) into v_pipelines from pipelines p where p.org_id = fl_org() and p.archived_at is null;
	reserved := llm_reserve(p_intake, (octet_length(r.subject) + least(octet_length(r.body), 32768) + v_pipelines + 2000) / 2 + 1024, v_budget);
	select w.ends into next_available from llm_window() w;
	select o.default_language into lang from organizations o where o.id = fl_org();
	return next;
end
$$;

-- --- what the pages show ---

-- Decisions about as sure as this one that people judged, the last 200: how many, and how many were right.
create function decision_like(p_confidence float8) returns table (judged bigint, found_right bigint) language plpgsql stable as $$
begin
	return query select count(*), count(*) filter (where x.correct) from (select d.correct from agent_decisions d
		where d.org_id = fl_org() and d.correct is not null and abs(d.confidence - p_confidence) <= 0.05 order by d.id desc limit 200) x;
end
$$;

-- A few words around the first piece of evidence, for a quotation.
create function decision_quote(p_body text, p_evidence jsonb) returns text language plpgsql immutable as $$
declare
	v_at int := greatest(strpos(lower(p_body), lower(coalesce(p_evidence ->> 0, ''))) - 60, 1);
	v_text text := substr(p_body, v_at, 260);
begin
	if v_at > 1 then
		v_text := '…' || regexp_replace(v_text, '^\S*\s', '');
	end if;
	return v_text || case when length(p_body) > v_at + 259 then '…' else '' end;
end
$$;

-- --- what would have been (fairlead replay, fairlead eval): from stored rows, without asking any model ---

-- The decisions of an organisation since then under another threshold of acting alone: how many would have been sent by themselves, how many of
-- those that people judged would have been wrong, and whether the stored outcomes follow from the stored figures.
create function agent_replay(p_org text, p_since interval, p_threshold float8)
	returns table (decisions bigint, auto bigint, auto_now bigint, judged bigint, wrong bigint, differing bigint) language plpgsql as $$
begin
	return query select count(*), count(*) filter (where x.band = 'AUTO_EXECUTED'), count(*) filter (where x.band_now = 'AUTO_EXECUTED'),
			count(*) filter (where x.band = 'AUTO_EXECUTED' and x.correct is not null), count(*) filter (where x.band = 'AUTO_EXECUTED' and not x.correct),
			count(*) filter (where x.decided_by is null and x.state in ('AUTO_EXECUTED', 'PENDING_APPROVAL') and x.state <> x.band_now)
		from (select d.*, public.decision_band(d.confidence, coalesce(p_threshold, d.auto_threshold), least(d.approval_threshold, coalesce(p_threshold, 1)), d.pipeline_id is not null) as band,
				public.decision_band(d.confidence, d.auto_threshold, d.approval_threshold, d.pipeline_id is not null) as band_now
			from public.agent_decisions d join public.organizations o on o.id = d.org_id
			where (p_org is null or o.slug = p_org) and d.created_at >= now() - p_since and d.state <> 'FAILED') x;
end
$$;
select fl_definer_function('agent_replay(text, interval, float8)', 'fl_owner');

-- How often decisions of about one sureness were found right.
create function agent_eval(p_org text, p_since interval) returns table (low float8, high float8, judged bigint, found_right bigint, mean float8) language plpgsql as $$
begin
	return query select g.low::float8, g.high::float8, count(d.id), count(d.id) filter (where d.correct), avg(d.confidence)
		from (values (0.00, 0.50), (0.50, 0.65), (0.65, 0.85), (0.85, 0.95), (0.95, 1.00)) g(low, high)
			left join (public.agent_decisions d join public.organizations o on o.id = d.org_id and (p_org is null or o.slug = p_org))
				on d.correct is not null and d.created_at >= now() - p_since and d.confidence >= g.low and (d.confidence < g.high or g.high = 1)
		group by g.low, g.high order by g.low;
end
$$;
select fl_definer_function('agent_eval(text, interval)', 'fl_owner');
