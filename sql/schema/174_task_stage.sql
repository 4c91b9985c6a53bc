-- Tasks follow their card (PIP-01, PIP-04), and the agent answers to what happens to tasks (TSK-05, TSK-08, ORC-17). A card that enters a stage gets the
-- tasks of the stage's blueprints; a stage may keep its cards until its tasks are done, and may send them on by itself when they are.

alter table task_templates add column stage_id uuid, -- of pipeline_id: a card that enters it gets these tasks; null: reaching the pipeline is enough
	add foreign key (org_id, pipeline_id, stage_id) references pipeline_stages (org_id, pipeline_id, id) on delete set null (stage_id);
create index task_templates_stage on task_templates (org_id, stage_id) where stage_id is not null and archived_at is null;
alter table pipeline_stages add column needs_tasks boolean not null default false, -- a card goes on only when its tasks of this stage are done
	add column advances boolean not null default false;                           -- and goes on by itself when they are
alter table tasks add column to_agent boolean not null default false; -- given to the agent (TSK-05)
create index tasks_stage on tasks (org_id, intake_id, stage_id) where intake_id is not null and status not in ('DONE', 'CANCELLED');
alter table decision_logs add column code text; -- message task.reason.CODE in place of reason

create or replace function task_template_reach() returns trigger language plpgsql as $$
declare
	v_id uuid;
begin
	for v_id in select l.id from task_templates l where l.org_id = new.org_id and l.pipeline_id = new.pipeline_id and l.stage_id is null and l.archived_at is null
			and exists (select from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id) order by l.id loop
		insert into task_template_uses (org_id, template_id, intake_id) values (new.org_id, v_id, new.id) on conflict do nothing;
		if found then
			perform task_template_use(v_id, new.id, now());
		end if;
	end loop;
	return null;
end
$$;

-- Open tasks of a card that stand in a stage.
create function stage_open_tasks(p_intake uuid, p_stage uuid) returns bigint language sql stable as $$
	select count(*) from tasks t where t.org_id = fl_org() and t.intake_id = p_intake and t.stage_id = p_stage and t.status not in ('DONE', 'CANCELLED')
$$;

-- A stage that needs its tasks lets no card go on before they are done. Going back, or to a lost end, is free.
create function stage_leave() returns trigger language plpgsql as $$
declare
	s pipeline_stages;
	n pipeline_stages;
begin
	select * into s from pipeline_stages x where x.org_id = old.org_id and x.id = old.stage_id;
	if s.needs_tasks and new.archived_at is null and stage_open_tasks(old.intake_id, old.stage_id) > 0 then
		select * into n from pipeline_stages x where x.org_id = new.org_id and x.id = new.stage_id;
		if n.kind <> 'lost' and n.pipeline_id = s.pipeline_id and (n.position, n.id) > (s.position, s.id) then
			perform fl_fail('FL409', 'wrong.stage_tasks', 'stage');
		end if;
	end if;
	return new;
end
$$;
create trigger leave before update on pipeline_items for each row when (new.stage_id <> old.stage_id and old.intake_id is not null) execute function stage_leave();

-- A card that enters a stage takes its open tasks along and gets those of the stage's blueprints, once a blueprint and request.
create function stage_enter() returns trigger language plpgsql as $$
declare
	v_id uuid;
begin
	if tg_op = 'UPDATE' then
		update tasks t set stage_id = new.stage_id, pipeline_id = new.pipeline_id, updated_at = now()
			where t.org_id = new.org_id and t.intake_id = new.intake_id and t.stage_id = old.stage_id and t.status not in ('DONE', 'CANCELLED');
	end if;
	for v_id in select l.id from task_templates l where l.org_id = new.org_id and l.stage_id = new.stage_id and l.archived_at is null
			and exists (select from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id) order by l.id loop
		insert into task_template_uses (org_id, template_id, intake_id) values (new.org_id, v_id, new.intake_id) on conflict do nothing;
		if found then
			perform task_template_use(v_id, new.intake_id, now());
			update tasks t set stage_id = new.stage_id, pipeline_id = new.pipeline_id where t.org_id = new.org_id and t.intake_id = new.intake_id and t.template_id = v_id;
		end if;
	end loop;
	return null;
end
$$;
create trigger enter_new after insert on pipeline_items for each row when (new.intake_id is not null) execute function stage_enter();
create trigger enter after update on pipeline_items for each row when (new.intake_id is not null and new.stage_id <> old.stage_id) execute function stage_enter();

-- What a stage asks of its tasks.
create function stage_tasks(p_pipeline uuid, p_stage uuid, p_needs boolean, p_advances boolean) returns table (id uuid, pipeline_id uuid) language plpgsql as $$
begin
	return query update pipeline_stages x set needs_tasks = coalesce(p_needs, false), advances = coalesce(p_advances, false), updated_at = now()
		where x.org_id = fl_org() and x.pipeline_id = p_pipeline and x.id = p_stage returning x.id, x.pipeline_id;
	if found then
		perform fl_audit('stage.tasks', 'pipeline', p_pipeline, jsonb_build_object('stage', p_stage, 'needs', p_needs, 'advances', p_advances));
	end if;
end
$$;

-- Which stage a blueprint belongs to; null: only its pipeline, if it has one.
create function task_template_stage(p_id uuid, p_stage uuid) returns table (id uuid) language plpgsql as $$
declare
	v_pipeline uuid;
begin
	if p_stage is not null then
		select s.pipeline_id into v_pipeline from pipeline_stages s where s.org_id = fl_org() and s.id = p_stage;
		if not found then
			perform fl_fail('FL422', 'wrong.choice', 'stage_id');
		end if;
	end if;
	return query update task_templates x set pipeline_id = coalesce(v_pipeline, x.pipeline_id), stage_id = p_stage, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.id;
	if found then
		perform fl_audit('task_template.stage', 'task_template', p_id, jsonb_build_object('stage_id', p_stage));
	end if;
end
$$;
-- another pipeline: the stage is none of its
create function task_template_moved() returns trigger language plpgsql as $$
begin
	if new.stage_id is not null and not exists (select from pipeline_stages s where s.org_id = new.org_id and s.id = new.stage_id and s.pipeline_id is not distinct from new.pipeline_id) then
		new.stage_id := null;
	end if;
	return new;
end
$$;
create trigger moved before update on task_templates for each row when (new.pipeline_id is distinct from old.pipeline_id) execute function task_template_moved();

-- --- the agent ---

-- An organisation that never changed its agent has one all the same.
create function agent_on() returns boolean language sql stable as $$
	select coalesce(bool_or(a.active), true) from orchestration_agents a where a.org_id = fl_org()
$$;

-- What happens to a task goes to the agent as a job: tasks never wait for it (RES-01).
create function task_happened() returns trigger language plpgsql as $$
begin
	perform fl_enqueue('events', 'task.react', jsonb_build_object('task_id', new.id, 'what', case when tg_op = 'INSERT' then 'created'
		when new.breached_due_at is distinct from old.breached_due_at then 'late' when new.status = 'DONE' then 'completed' else 'changed' end, 'to', new.status), 6);
	return null;
end
$$;
create trigger happened_new after insert on tasks for each row when (new.decision_id is null) execute function task_happened();
create trigger happened after update on tasks for each row when (new.status is distinct from old.status and new.status in ('DONE', 'CANCELLED', 'BLOCKED')
	or new.breached_due_at is distinct from old.breached_due_at and new.breached_due_at is not null) execute function task_happened();

-- Why the agent did what it did (ORC-18), as a message of the reader's language.
create function task_reason(p_task uuid, p_code text) returns void language sql as $$
	insert into decision_logs (org_id, task_id, reason, code) values (fl_org(), p_task, p_code, p_code)
$$;

create function task_weigh(t tasks) returns void language plpgsql as $$
declare
	v_request smallint := (select r.priority from intake_requests r where r.org_id = t.org_id and r.id = t.intake_id);
	v_to smallint;
	v_why text;
begin
	if v_request < t.priority then
		v_to := v_request;
		v_why := 'request';
	end if;
	if t.due_at < t.created_at + interval '24 hours' and least(t.priority, coalesce(v_to, 9)) > 3 then
		v_to := 3;
		v_why := 'due_soon';
	end if;
	if v_to is not null then
		update tasks x set priority = v_to, version = x.version + 1, updated_at = now() where x.org_id = t.org_id and x.id = t.id;
		perform task_reason(t.id, v_why);
	end if;
end
$$;

-- The card of a task's request goes on when its stage says so and nothing in it is open.
create function task_card_on(t tasks) returns void language plpgsql as $$
declare
	i pipeline_items;
begin
	select c.* into i from pipeline_items c join pipeline_stages s on s.org_id = c.org_id and s.id = c.stage_id and s.advances
		where c.org_id = t.org_id and c.intake_id = t.intake_id and c.archived_at is null and c.stage_id = t.stage_id for update of c;
	if i.id is null or stage_open_tasks(t.intake_id, i.stage_id) > 0
			or not exists (select from pipeline_stages s, pipeline_stages own where own.org_id = i.org_id and own.id = i.stage_id and s.org_id = i.org_id
				and s.pipeline_id = i.pipeline_id and (s.position, s.id) > (own.position, own.id) and s.kind <> 'lost') then
		return;
	end if;
	perform item_next(i.pipeline_id, i.number, i.version::bigint);
	perform task_reason(t.id, 'card_on');
end
$$;

-- The job. Nothing while the agent is switched off, and once for what happened.
create function task_react(p_job uuid, p_task uuid, p_what text, p_to text) returns void language plpgsql as $$
declare
	t tasks;
	w tasks;
begin
	insert into event_deliveries (org_id, consumer, event_id) values (fl_org(), 'task.react', p_job) on conflict do nothing;
	if not found or not agent_on() then
		return;
	end if;
	select * into t from tasks x where x.org_id = fl_org() and x.id = p_task for update;
	if t.id is null then
		return;
	end if;
	case p_what
		when 'created' then
			perform task_weigh(t) where t.status not in ('DONE', 'CANCELLED');
		when 'late' then
			if t.status not in ('DONE', 'CANCELLED') and t.priority > 2 then
				update tasks x set priority = 2, version = x.version + 1, updated_at = now() where x.org_id = t.org_id and x.id = t.id;
				perform task_reason(t.id, 'late');
				perform fl_notify(null, 'escalated', 'task', t.id, jsonb_build_object('subject', t.title));
			end if;
		else
			for w in select o.* from task_dependencies d join tasks o on o.org_id = d.org_id and o.id = d.task_id where d.org_id = t.org_id and d.blocker_id = t.id
					and o.status not in ('DONE', 'CANCELLED') order by o.id loop
				if p_to = 'CANCELLED' then
					perform task_reason(w.id, 'blocker_cancelled');
				elsif p_to = 'BLOCKED' then
					perform task_reason(w.id, 'blocker_blocked');
					perform task_tell(w.assignee_id, 'task_comment', w);
				end if;
				if w.to_agent and w.status in ('NEW', 'IN_PROGRESS') and task_waits(w.id) = 0 then
					perform fl_enqueue('events', 'task.agent', jsonb_build_object('task_id', w.id), 5, null, 'agent:' || w.id);
				end if;
			end loop;
			perform task_card_on(t) where t.status in ('DONE', 'CANCELLED') and t.stage_id is not null;
	end case;
end
$$;

-- A task for the agent: it gathers what is known and gives it to a person to look at.
create function task_give_agent(p_id uuid, p_version bigint) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
begin
	if t.id is null then
		return;
	elsif t.status not in ('NEW', 'IN_PROGRESS', 'BLOCKED') then
		perform fl_fail('FL409', 'error.transition', 'status');
	elsif not agent_on() then
		perform fl_fail('FL409', 'wrong.agent_off', 'id');
	end if;
	update tasks x set to_agent = true, assignee_id = null, reviewer_id = coalesce(x.reviewer_id, fl_user()), version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = t.id returning x.* into t;
	perform fl_audit('task.to_agent', 'task', t.id);
	if task_waits(t.id) = 0 then
		perform fl_enqueue('events', 'task.agent', jsonb_build_object('task_id', t.id), 5, null, 'agent:' || t.id);
	end if;
	return query select t.id, t.version::bigint;
end
$$;
-- given to a person again
create function task_taken_back() returns trigger language plpgsql as $$
begin
	new.to_agent := false;
	return new;
end
$$;
create trigger taken_back before update on tasks for each row when (new.to_agent and new.assignee_id is not null and old.assignee_id is null) execute function task_taken_back();

-- What the agent says, in its words (of the organisation's language); then a person looks.
create function task_agent_done(p_id uuid, p_text text) returns void language plpgsql as $$
declare
	t tasks := task_hold(p_id, null);
begin
	if t.id is null or not t.to_agent or t.status not in ('NEW', 'IN_PROGRESS') or task_waits(t.id) > 0 then
		return;
	end if;
	insert into task_comments (org_id, task_id, kind, author_name, body) values (fl_org(), t.id, 'comment', 'Fairlead', left(p_text, 20000));
	if t.status = 'NEW' then
		t := task_move(t, 'IN_PROGRESS', null);
	end if;
	t := task_move(t, 'NEEDS_REVIEW', null);
	if t.reviewer_id = fl_user() then -- the job acts for who gave it, and nobody is told of his own acts
		perform fl_notify(t.reviewer_id, 'task_review', 'task', t.id, jsonb_build_object('subject', t.title));
	end if;
	perform task_reason(t.id, 'gathered');
end
$$;
