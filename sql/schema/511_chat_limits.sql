-- How much a question finds and takes along (RAG-06, RAG-10): top five, of the ten last messages; how near is near goes by the model unless it is said.
alter table chat_settings
	add column passages smallint not null default 5 check (passages between 1 and 10),
	add column near_pct smallint not null default 0 check (near_pct between 0 and 100), -- least cosine; 0: the site's, or by the model
	add column turns smallint not null default 5 check (turns between 0 and 10);       -- before this one; each is a question and an answer

create function chat_set(p_general boolean, p_chain text, p_vision boolean, p_preset text, p_strategy text, p_passages int, p_near int, p_turns int)
		returns table (general boolean) language plpgsql as $$
begin
	perform chat_set(p_general, p_chain, p_vision, p_preset, p_strategy);
	update chat_settings s set passages = coalesce(p_passages, s.passages), near_pct = coalesce(p_near, s.near_pct), turns = coalesce(p_turns, s.turns) where s.org_id = fl_org();
	return query select p_general;
end
$$;

drop function chat_load(uuid);
create function chat_load(p_turn uuid) returns table (status text, earlier text, general boolean, chain text, reserved boolean, passages bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns;
begin
	select * into t from chat_turns x where x.org_id = fl_org() and x.id = p_turn;
	return query select t.status, coalesce((select string_agg('Question: ' || b.question || E'\nAnswer: ' || left(b.answer, 1500), E'\n\n' order by b.n) from chat_turns b
			where b.org_id = fl_org() and b.conversation_id = t.conversation_id and b.n between t.n - coalesce(s.turns, 5) and t.n - 1), ''),
		coalesce(s.general, true), s.chain,
		case when t.status = 'WAITING' then llm_reserve(p_turn, 12000,
			coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000)) else false end,
		coalesce(s.passages, 5)::bigint
		from (select 1) one left join chat_settings s on s.org_id = fl_org() where t.id is not null;
	perform fl_as_person(); -- the passages are looked for next
end
$$;
