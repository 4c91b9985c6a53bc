-- Providers that fail: more than a tenth of an organisation's calls over five minutes (LLM-09). Told once an hour while it lasts.

insert into notification_kinds values ('llm_errors', 90);
insert into notification_subjects values ('llm_calls', '/agent/calls', false);

create function sweep_llm_alert() returns bigint language plpgsql as $$
declare
	o record;
	v_done bigint := 0;
begin
	for o in select c.org_id, count(*) as calls, count(*) filter (where c.status <> 'ok') as errors from public.llm_calls c
			where c.created_at > now() - interval '5 minutes' and c.status <> 'skipped' group by c.org_id
			having count(*) >= 5 and count(*) filter (where c.status <> 'ok') > 0.1 * count(*) loop
		continue when exists (select from public.notifications n where n.org_id = o.org_id and n.kind = 'llm_errors' and n.created_at > now() - interval '1 hour');
		perform public.fl_work(o.org_id, null, null, '');
		perform public.fl_notify(null, 'llm_errors', 'llm_calls', null, jsonb_build_object('subject', o.errors || ' / ' || o.calls));
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sweep_llm_alert()', 'fl_sweep');
