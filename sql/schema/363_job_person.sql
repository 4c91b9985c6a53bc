-- What a person ordered is done with the rights he has when it is done (checklist 43), and within his scopes: many tasks at once went past both.

-- Narrows the rest of this transaction as the person of the job is; fl_widen() ends it, as other jobs may share the transaction.
create function fl_as_person() returns void language plpgsql as $$
declare
	v_scope text := (select public.scope_rule(m.org_id, m.user_id, m.role) from public.memberships m where m.org_id = public.fl_org() and m.user_id = public.fl_user());
begin
	if v_scope <> '' then
		perform public.fl_narrow(v_scope, public.fl_org(), public.fl_user());
	end if;
end
$$;
select fl_definer_function('fl_as_person()');
create function fl_widen() returns void language plpgsql as $$
begin
	perform set_config('app.scope', '', true);
end
$$;

-- As in 152.
create or replace function chat_load(p_turn uuid) returns table (status text, earlier text, general boolean, chain text, reserved boolean) language plpgsql as $$
declare
	t chat_turns;
begin
	select * into t from chat_turns x where x.org_id = fl_org() and x.id = p_turn;
	return query select t.status, coalesce((select string_agg('Question: ' || b.question || E'\nAnswer: ' || left(b.answer, 1500), E'\n\n' order by b.n) from chat_turns b
			where b.org_id = fl_org() and b.conversation_id = t.conversation_id and b.n between t.n - 4 and t.n - 1), ''),
		coalesce(s.general, true), s.chain,
		case when t.status = 'WAITING' then llm_reserve(p_turn, 12000,
			coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000)) else false end
		from (select 1) one left join chat_settings s on s.org_id = fl_org() where t.id is not null;
	perform fl_as_person(); -- the passages are looked for next
end
$$;
drop function chat_narrow();

-- As in 294. Who may no longer manage tasks, or is gone, has begun what nobody goes on with.
create or replace function task_bulk_some(p jsonb) returns void language plpgsql as $$
declare
	v_ids uuid[];
	v_done bigint := (p ->> 'done')::bigint;
begin
	if not fl_can('task.manage') then
		perform fl_audit('task.bulk_refused', 'tasks', null, jsonb_build_object('act', p -> 'act', 'done', v_done));
		return;
	end if;
	perform fl_as_person();
	v_ids := array(select t.id from task_matching(p -> 'filter', (p ->> 'after')::uuid, (p ->> 'upto')::uuid) t order by t.id limit 200);
	v_done := v_done + task_bulk(p ->> 'act', to_jsonb(v_ids), (p ->> 'assignee_id')::uuid, (p ->> 'team_id')::uuid);
	perform fl_widen();
	if cardinality(v_ids) = 200 then
		perform fl_enqueue('events', 'task.bulk', p || jsonb_build_object('after', v_ids[200], 'done', v_done));
	elsif fl_user() is not null then
		perform fl_notify(fl_user(), 'task_bulk', 'tasks', null, jsonb_build_object('subject', v_done));
	end if;
end
$$;
