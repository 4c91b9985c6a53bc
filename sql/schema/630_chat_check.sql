-- A second model looks at what a model answered (LLM-03, purpose "judge"; promises.md, 62): does each statement stand on the passages it cites? Where the site has one and the
-- organisation wants it. What it says stands beside the answer and changes nothing of it.

alter table chat_settings add column check_answers boolean not null default false;

alter table chat_turns
	add column check_status text check (check_status in ('WAITING', 'DONE', 'FAILED')), -- null: nobody looks
	add column check_model text,
	add column check_note text check (check_note in ('no_model', 'budget', 'away', 'wrong')); -- why nobody could

create table chat_checks (
	org_id uuid not null references organizations,
	turn_id uuid not null,
	n int not null check (n > 0), -- of chat_parts
	verdict text not null check (verdict in ('stands', 'partly', 'fails', 'unnamed')), -- unnamed: it cites nothing
	why text not null default '' check (length(why) <= 400),
	primary key (org_id, turn_id, n),
	foreign key (org_id, turn_id) references chat_turns on delete cascade
);
select fl_tenant_table('chat_checks', 'select, insert, delete');

create function chat_set(p_general boolean, p_chain text, p_vision boolean, p_preset text, p_strategy text, p_passages int, p_near int, p_turns int, p_check boolean)
		returns table (general boolean) language plpgsql as $$
begin
	perform chat_set(p_general, p_chain, p_vision, p_preset, p_strategy, p_passages, p_near, p_turns);
	update chat_settings s set check_answers = p_check where s.org_id = fl_org();
	return query select p_general;
end
$$;

-- What an answer states: the words up to what they cite. n as in chat_parts, of the piece that holds the words.
create function chat_statements(p_answer text) returns table (n bigint, body text, sources int[]) language sql immutable parallel safe as $$
	select min(g.n) filter (where g.begins), string_agg(g.said, ' ' order by g.n) filter (where g.begins), array_remove(array_agg(distinct g.source), null)
	from (select p.n, p.source, x.said, x.said <> '' as begins, count(*) filter (where x.said <> '') over (order by p.n) as k
		from chat_parts(p_answer) p cross join lateral (select regexp_replace(btrim(p.text), '^[[:space:].,;:]+', '') as said) x) g
	where g.k > 0 group by g.k order by 1
$$;

create function chat_check_later(p_turn uuid) returns void language plpgsql as $$
begin
	update chat_turns t set check_status = 'WAITING' from chat_settings s
		where t.org_id = fl_org() and t.id = p_turn and t.status = 'DONE' and t.kind in ('cited', 'uncited') and t.check_status is null and s.org_id = t.org_id and s.check_answers;
	if found then
		perform fl_enqueue('chat', 'chat.check', jsonb_build_object('turn_id', p_turn), 4, null, 'check:' || p_turn);
	end if;
end
$$;

create function chat_check_load(p_turn uuid) returns table (question text, reserved boolean) language plpgsql as $$
#variable_conflict use_column
begin
	return query select t.question, llm_reserve(t.id, 8000, coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000))
		from chat_turns t where t.org_id = fl_org() and t.id = p_turn and t.check_status = 'WAITING';
	perform fl_as_person(); -- the passages are read next
end
$$;

-- p_said: null when nobody could look, p_note says why; else an array of {"n", "verdict", "why"}.
create function chat_checked(p_turn uuid, p_note text, p_model text, p_said jsonb, p_used jsonb) returns void language plpgsql as $$
begin
	delete from llm_reservations r where r.org_id = fl_org() and r.intake_id = p_turn;
	update chat_turns t set check_status = case when p_said is null then 'FAILED' else 'DONE' end, check_model = p_model, check_note = p_note, updated_at = now(),
			prompt_tokens = t.prompt_tokens + coalesce((p_used ->> 'prompt_tokens')::bigint, 0), completion_tokens = t.completion_tokens + coalesce((p_used ->> 'completion_tokens')::bigint, 0),
			cost_micro = t.cost_micro + coalesce((p_used ->> 'cost_micro')::bigint, 0)
		where t.org_id = fl_org() and t.id = p_turn and t.check_status = 'WAITING';
	if not found then
		return;
	end if;
	insert into chat_checks (org_id, turn_id, n, verdict, why)
		select fl_org(), p_turn, s.n, case when cardinality(s.sources) = 0 then 'unnamed' else v.verdict end, coalesce(left(v.why, 400), '')
		from chat_turns t cross join chat_statements(t.answer) s left join jsonb_to_recordset(p_said) v (n bigint, verdict text, why text) on v.n = s.n
		where t.org_id = fl_org() and t.id = p_turn and p_said is not null and (cardinality(s.sources) = 0 or v.verdict is not null)
		on conflict do nothing;
end
$$;
