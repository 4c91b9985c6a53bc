-- What is said of a promise, by mail and by text message, says when it was due: the words had a place for it and nothing came.
create or replace function sla_sweep() returns bigint language plpgsql as $$
declare
	c public.sla_clocks;
	t record;
	s record;
	v_org uuid;
	v_policy uuid;
	v_chain boolean;
	v_broke timestamptz;
	v_at timestamptz;
	v_next timestamptz;
	v_done bigint := 0;
begin
	for c in select * from public.sla_clocks k where k.next_at <= now() order by k.next_at limit 20000 for update skip locked loop
		if v_org is distinct from c.org_id then
			v_org := c.org_id;
			v_policy := null;
			perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		end if;
		if v_policy is distinct from c.policy_id then
			v_policy := c.policy_id;
			v_chain := exists (select from public.sla_chain(v_policy));
		end if;
		v_broke := coalesce(c.breached_at, case when c.state = 'running' and c.due_at <= now() then c.due_at end);
		v_next := null;
		if v_broke is not null then
			v_done := v_done + public.sla_tell(c, 'breach', v_broke, 0, null)::int;
			if c.state = 'running' and v_chain then
				for s in select * from public.sla_chain(v_policy) loop
					v_at := public.sla_add(c.policy_id, v_broke, s.after_min * 60);
					if v_at > now() then
						v_next := v_at;
						exit;
					end if;
					v_done := v_done + public.sla_tell(c, 'escalation', v_broke, s.after_min, s.user_id)::int;
				end loop;
			end if;
		elsif c.state = 'running' then
			v_done := v_done + public.sla_tell(c, 'warning', c.due_at, 0, null)::int;
			v_next := c.due_at;
		end if;
		update public.sla_clocks k set breached_at = v_broke, updated_at = now(), next_at = v_next where k.org_id = c.org_id and k.intake_id = c.intake_id and k.kind = c.kind;
	end loop;
	for t in select x.org_id, x.id, x.title, x.due_at, x.assignee_id from public.tasks x where x.due_at <= now() and x.status not in ('DONE', 'CANCELLED')
			and x.breached_due_at is distinct from x.due_at order by x.due_at limit 20000 for update skip locked loop
		perform set_config('app.current_org_id', t.org_id::text, true), set_config('app.actor', 'system', true);
		insert into public.sla_alerts (org_id, subject_id, kind, level, due_at) values (t.org_id, t.id, 'task', 'breach', t.due_at) on conflict do nothing;
		if found then
			perform public.fl_emit('task.sla_breached', jsonb_build_object('task_id', t.id, 'due_at', t.due_at));
			perform public.sla_notify(t.assignee_id, 'task_late', 'task', t.id, jsonb_build_object('subject', t.title, 'due_at', t.due_at));
			perform public.fl_audit('task.late', 'task', t.id, jsonb_build_object('due_at', t.due_at));
			v_done := v_done + 1;
		end if;
		update public.tasks x set breached_due_at = t.due_at where x.org_id = t.org_id and x.id = t.id;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sla_sweep()', 'fl_sweep');
