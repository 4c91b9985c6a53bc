-- Who takes nothing but a language model's answer is told at once, without a time, when there is none to be had (RES-03): no provider answers its check, or of
-- three calls or more in the last five minutes none succeeded. What does not need a model goes on as before.
create function llm_away() returns boolean language plpgsql stable as $$
begin
	return exists (select from public.dependency_health d where d.checked_at > now() - interval '3 minutes')
			and not exists (select from public.dependency_health d where d.name in ('anthropic', 'openai') and d.state <> 'away' and d.checked_at > now() - interval '3 minutes')
		or (select count(*) >= 3 and count(*) filter (where c.status in ('ok', 'unparsable')) = 0 from public.llm_calls c
			where c.org_id = public.fl_org() and c.status <> 'skipped' and c.created_at > now() - interval '5 minutes');
end
$$;
select fl_definer_function('llm_away()');

create or replace function llm_demand(p_model text) returns void language plpgsql stable as $$
declare
	w record;
begin
	if p_model is distinct from 'required' then
		return;
	end if;
	select * into w from llm_window();
	if llm_used(w.began) + coalesce((select sum(x.tokens) from llm_reservations x where x.org_id = fl_org() and x.expires_at > now()), 0)
			>= coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000) then
		perform fl_fail('FL503', 'error.llm_budget', jsonb_build_object('next_available', to_char(w.ends at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
			'retry_after', ceil(extract(epoch from w.ends - now()))::int)::text);
	end if;
	if llm_away() then
		perform fl_fail('FL503', 'error.llm_away');
	end if;
end
$$;
