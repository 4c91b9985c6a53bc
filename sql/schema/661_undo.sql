-- What somebody did a moment ago is taken back: all that one request of his did to tasks or requests, as its audit rows say, as far as nothing came after it.

-- An assignment says what was before, so that it can be taken back.
create or replace function intake_assign(p_id uuid, p_version bigint, p_pipeline uuid, p_assignee uuid) returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
	v_item uuid;
	v_was jsonb;
begin
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	if p_pipeline is null and p_assignee is null then
		perform fl_fail('FL422', 'wrong.assign_what', 'pipeline_id');
	end if;
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	if p_assignee is not null and not exists (select from memberships m where m.org_id = fl_org() and m.user_id = p_assignee) then
		perform fl_fail('FL422', 'wrong.choice', 'assignee_id');
	end if;
	v_was := jsonb_strip_nulls(jsonb_build_object('pipeline_id', r.pipeline_id, 'assignee_id', r.assignee_id, 'item_id', r.item_id, 'status', r.status));
	if p_pipeline is not null and (p_pipeline is distinct from r.pipeline_id or r.item_id is null) then
		select i.item_id into v_item from item_add(p_pipeline, r.id, r.number, r.subject, r.priority, false) i;
		perform labelled_case_add(r.id, p_pipeline, 'assignment');
	end if;
	update intake_requests x set pipeline_id = coalesce(p_pipeline, x.pipeline_id), item_id = coalesce(v_item, x.item_id),
			assignee_id = coalesce(p_assignee, x.assignee_id), status = case when p_pipeline is not null then 'ASSIGNED' else x.status end,
			contact_id = coalesce(x.contact_id, contact_for(x.requester_name, x.requester_email, x.requester_phone)),
			closed_at = null, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	if p_assignee is not null then
		perform item_own(p_id, p_assignee);
	end if;
	perform lead_add(p_id, p_pipeline);
	perform intake_trail(p_id, 'assign', jsonb_strip_nulls(jsonb_build_object('pipeline_id', p_pipeline, 'assignee_id', p_assignee, 'was', v_was)));
	if p_assignee is not null and p_assignee is distinct from fl_user() then
		perform fl_notify(p_assignee, 'assigned', 'intake', p_id, jsonb_build_object('number', r.number));
	end if;
	return query select r.id, r.version;
end
$$;

create or replace function task_assign(p_id uuid, p_version bigint, p_assignee uuid, p_team uuid) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
	v_was jsonb := jsonb_strip_nulls(jsonb_build_object('assignee_id', t.assignee_id, 'team_id', t.team_id));
	v_user uuid;
begin
	if t.id is null then
		return;
	end if;
	v_user := coalesce(task_person(p_assignee, 'assignee_id'), case when p_team is not null then team_next(p_team) end);
	update tasks x set assignee_id = v_user, team_id = coalesce(p_team, case when v_user is not null then x.team_id end), version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = t.id returning x.* into t;
	perform fl_audit('task.assign', 'task', t.id, jsonb_strip_nulls(jsonb_build_object('assignee_id', v_user, 'team_id', p_team, 'was', v_was)));
	perform task_tell(v_user, 'task_assigned', t);
	return query select t.id, t.version::bigint;
end
$$;

-- What is being taken back goes the way it came, whichever way that was.
create or replace function task_transition() returns trigger language plpgsql as $$
begin
	if new.status <> old.status and coalesce(current_setting('app.undoing', true), '') <> new.id::text
			and not (old.status || '>' || new.status = any (array['NEW>IN_PROGRESS', 'NEW>CANCELLED', 'IN_PROGRESS>NEEDS_REVIEW',
			'IN_PROGRESS>BLOCKED', 'IN_PROGRESS>DONE', 'IN_PROGRESS>CANCELLED', 'BLOCKED>IN_PROGRESS', 'NEEDS_REVIEW>IN_PROGRESS', 'NEEDS_REVIEW>DONE'])) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	return new;
end
$$;

create or replace function intake_transition() returns trigger language plpgsql as $$
begin
	if new.status = old.status then
		new.closed_at := old.closed_at; -- an assignment to a person does not open what is closed
	elsif coalesce(current_setting('app.undoing', true), '') <> new.id::text
			and not (old.status || '>' || new.status = any (array['NEW>ROUTING', 'NEW>ASSIGNED', 'NEW>NEEDS_APPROVAL', 'NEW>NEEDS_REVIEW', 'NEW>CLOSED',
			'ROUTING>ASSIGNED', 'ROUTING>NEEDS_APPROVAL', 'ROUTING>NEEDS_REVIEW', 'ROUTING>CLOSED',
			'NEEDS_APPROVAL>ASSIGNED', 'NEEDS_APPROVAL>NEEDS_REVIEW', 'NEEDS_APPROVAL>CLOSED', 'NEEDS_REVIEW>ASSIGNED', 'NEEDS_REVIEW>REJECTED', 'NEEDS_REVIEW>CLOSED',
			'ASSIGNED>NEEDS_REVIEW', 'ASSIGNED>CLOSED', 'CLOSED>ASSIGNED', 'CLOSED>NEEDS_REVIEW', 'REJECTED>ASSIGNED', 'REJECTED>NEEDS_REVIEW',
			'QUARANTINED>NEW', 'QUARANTINED>REJECTED'])) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	return new;
end
$$;

create function undo_task(a audit_log) returns boolean language plpgsql as $$
declare
	t tasks;
begin
	select * into t from tasks x where x.org_id = fl_org() and x.id = a.subject_id for update;
	if a.action = 'task.step' and t.status = a.detail ->> 'to' then
		perform set_config('app.undoing', t.id::text, true);
		update tasks x set status = a.detail ->> 'from', done_at = null, version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = t.id;
		perform set_config('app.undoing', '', true);
		perform fl_audit('task.step', 'task', t.id, jsonb_build_object('from', t.status, 'to', a.detail ->> 'from', 'why', 'undo'));
		perform fl_emit('task.status_changed', jsonb_build_object('task_id', t.id, 'from', t.status, 'to', a.detail ->> 'from'));
		return true;
	elsif a.action = 'task.assign' and t.assignee_id is not distinct from thing_id(a.detail ->> 'assignee_id') and a.detail ? 'was' then
		update tasks x set assignee_id = thing_id(a.detail #>> '{was,assignee_id}'), team_id = thing_id(a.detail #>> '{was,team_id}'), version = x.version + 1, updated_at = now()
			where x.org_id = fl_org() and x.id = t.id;
		perform fl_audit('task.assign', 'task', t.id, jsonb_strip_nulls((a.detail -> 'was') || jsonb_build_object('was', a.detail - 'was', 'why', 'undo')));
		return true;
	end if;
	return false;
end
$$;

-- What came with the card goes with it: the lead, the tasks of its stage that nobody began, the case the learner was given.
create function undo_intake_assign(r intake_requests, a audit_log) returns boolean language plpgsql as $$
declare
	v_was jsonb := a.detail -> 'was';
	v_pipeline uuid := thing_id(v_was ->> 'pipeline_id');
	v_assignee uuid := thing_id(v_was ->> 'assignee_id');
	v_status text := r.status;
begin
	if v_was is null or r.pipeline_id is distinct from coalesce(thing_id(a.detail ->> 'pipeline_id'), v_pipeline)
			or r.assignee_id is distinct from coalesce(thing_id(a.detail ->> 'assignee_id'), v_assignee) or r.status not in ('ASSIGNED', v_was ->> 'status') then
		return false;
	end if;
	if a.detail ? 'pipeline_id' and r.pipeline_id is distinct from v_pipeline then
		if v_pipeline is null then
			perform item_remove(r.item_id);
		else
			perform item_add(v_pipeline, r.id, r.number, r.subject, r.priority, false);
		end if;
		perform task_cancel(t.id) from tasks t where t.org_id = fl_org() and t.intake_id = r.id and t.created_at = a.at and t.status = 'NEW';
		delete from leads l where l.org_id = fl_org() and l.intake_id = r.id and l.created_at = a.at and l.status = 'New';
		delete from labelled_cases c where c.org_id = fl_org() and c.intake_id = r.id and c.created_at = a.at;
		v_status := case when v_was ->> 'status' = 'ASSIGNED' or v_was ->> 'status' = 'NEEDS_APPROVAL' and exists (select from agent_decisions d where d.org_id = fl_org()
			and d.intake_id = r.id and d.state = 'PENDING_APPROVAL') then v_was ->> 'status' else 'NEEDS_REVIEW' end;
	end if;
	perform set_config('app.undoing', r.id::text, true);
	update intake_requests x set pipeline_id = v_pipeline, item_id = case when v_pipeline is null then null else x.item_id end, assignee_id = v_assignee, status = v_status,
		version = x.version + 1, updated_at = now() where x.org_id = fl_org() and x.id = r.id;
	perform set_config('app.undoing', '', true);
	update pipeline_items i set owner_id = v_assignee, updated_at = now() where i.org_id = fl_org() and i.intake_id = r.id and i.archived_at is null and i.owner_id is distinct from v_assignee;
	perform intake_trail(r.id, 'undone', (v_was - 'item_id') || jsonb_build_object('was', a.detail - 'was'));
	return true;
end
$$;

create function undo_intake(a audit_log) returns boolean language plpgsql as $$
declare
	r intake_requests;
begin
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = a.subject_id for update;
	if a.action = 'intake.close' and r.status = 'CLOSED' then
		perform intake_reopen(r.id, null);
		return true;
	elsif a.action = 'intake.reopen' and r.status not in ('CLOSED', 'REJECTED', 'QUARANTINED') then
		perform intake_close(r.id, null);
		return true;
	end if;
	return a.action = 'intake.assign' and undo_intake_assign(r, a);
end
$$;

-- Takes back what the request of this number did to things of a kind (to one of them, or to all), the last first. Nothing left to take back is FL409.
create function undo_request(p_request text, p_kind text, p_id uuid) returns table (id uuid, undone bigint) language plpgsql as $$
declare
	a audit_log;
	v_undone bigint := 0;
begin
	if p_id is not null and thing_name(p_kind, p_id) is null then
		return;
	end if;
	for a in select x.* from audit_log x where x.org_id = fl_org() and x.id > observe_id_at(now() - interval '1 hour') and x.request_id = p_request and x.subject_kind = p_kind
			and x.actor_id = fl_user() and (p_id is null or x.subject_id = p_id) order by x.id desc loop
		v_undone := v_undone + case p_kind when 'task' then undo_task(a) else undo_intake(a) end::int;
	end loop;
	if v_undone = 0 then
		perform fl_fail('FL409', 'error.nothing_to_undo', 'request');
	end if;
	return query select p_id, v_undone;
end
$$;

-- The number of the request that is being served, when what it does can be taken back.
create function undo_handle(p_can boolean) returns text language plpgsql stable as $$
begin
	return case when p_can and fl_user() is not null then nullif(current_setting('app.request_id', true), '') end;
end
$$;

-- As before, and what was before an assignment stands beside what came.
create or replace function detail_words(p_detail jsonb) returns table (n bigint, name text, before text, after text) language plpgsql stable as $$
declare
	v_pair text[];
	v_old jsonb;
	v_new jsonb;
begin
	if jsonb_typeof(p_detail) is distinct from 'object' then
		return;
	end if;
	foreach v_pair slice 1 in array array[['from', 'to'], ['before', 'after'], ['old', 'new'], ['was', 'role']] loop
		if p_detail ? v_pair[1] and p_detail ? v_pair[2] then
			v_old := p_detail -> v_pair[1];
			v_new := p_detail -> v_pair[2];
			p_detail := p_detail - v_pair[1] - v_pair[2];
			if jsonb_typeof(v_old) = 'object' and jsonb_typeof(v_new) = 'object' then
				return query select 0::bigint, k.key, detail_word(k.key, v_old -> k.key), detail_word(k.key, v_new -> k.key)
					from (select jsonb_object_keys(v_old || v_new) as key) k where v_old -> k.key is distinct from v_new -> k.key order by k.key;
			else
				return query select 0::bigint, case when v_pair[2] = 'role' then 'role' else 'change' end, detail_word(v_pair[1], v_old), detail_word(v_pair[2], v_new);
			end if;
		end if;
	end loop;
	v_old := case when jsonb_typeof(p_detail -> 'was') = 'object' then p_detail -> 'was' end;
	if v_old is not null then
		p_detail := p_detail - 'was';
	end if;
	return query select d.n, d.key, case when v_old ? d.key and v_old -> d.key is distinct from d.value then detail_word(d.key, v_old -> d.key) end, w.word
		from jsonb_each(p_detail) with ordinality d(key, value, n), detail_word(d.key, d.value) w(word) where w.word is not null order by d.n;
end
$$;
