-- For who takes nothing but a language model's answer (LLM-06): refused while the window's tokens are used up, with the moment the next one begins.
create function llm_demand(p_model text) returns void language plpgsql stable as $$
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
end
$$;
