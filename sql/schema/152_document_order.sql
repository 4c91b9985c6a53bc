-- Who sees what: answers are made from what the one who asked may see. Corrections take their locks in the order of the jobs that read and cut a document, and what they tell is for who may see the document.

-- Puts word number p_word of a page right. p_old: the word as it was seen, so that two people do not correct each other's correction unseen.
create function document_correct(p_id uuid, p_page bigint, p_word bigint, p_old text, p_text text) returns table (id uuid, page bigint) language plpgsql as $$
declare
	g document_pages;
	v_old text;
	v_sure int;
	v_place int;
	v_body text;
	v_places int[];
begin
	-- in the order of chunk_save and document_page_read, so that none waits for the other in a ring
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	select * into g from document_pages x where x.org_id = fl_org() and x.document_id = p_id and x.page = p_page for update;
	v_old := g.words -> (p_word::int - 1) ->> 5;
	v_sure := g.words -> (p_word::int - 1) ->> 4;
	if v_old is null then
		return;
	end if;
	if v_old is distinct from p_old then
		perform fl_fail('FL409', 'wrong.stale', 'text');
	end if;
	if p_text = v_old then
		return query select p_id, p_page;
		return;
	end if;
	select l.places into v_places from page_places l where l.org_id = fl_org() and l.document_id = p_id and l.page = p_page for update;
	v_place := v_places[p_word];
	if v_place is null or substr(g.body, v_place + 1, length(v_old)) <> v_old then
		perform fl_fail('FL409', 'document.wrong.soon', 'text');
	end if;
	v_body := overlay(g.body placing p_text from v_place + 1 for length(v_old));
	update document_pages x set body = v_body, found = document_words(v_body), updated_at = clock_timestamp(),
			words = jsonb_set(jsonb_set(x.words, array[(p_word - 1)::text, '5'], to_jsonb(p_text)), array[(p_word - 1)::text, '4'], '100')
		where x.org_id = fl_org() and x.document_id = p_id and x.page = p_page;
	update page_places x set places = array(select case when o.n > p_word then o.at + length(p_text) - length(v_old) else o.at end
			from unnest(x.places) with ordinality o(at, n) order by o.n)
		where x.org_id = fl_org() and x.document_id = p_id and x.page = p_page;
	insert into document_corrections (org_id, document_id, page, word, old_text, new_text, sure, user_id)
		values (fl_org(), p_id, p_page, p_word, v_old, p_text, v_sure, fl_user());
	perform fl_audit('document.correct', 'document', p_id, jsonb_build_object('page', p_page, 'word', p_word, 'old', v_old, 'new', p_text));
	perform document_rechunk(p_id);
	if exists (select from document_checks c where c.org_id = fl_org() and c.document_id = p_id and c.page = p_page) then
		perform document_check(p_id, p_page);
	end if;
	return query select p_id, p_page;
end
$$;

select fl_scope_table(t, 'public.document_open(document_id)') from unnest('{document_corrections,document_checks,chat_sources,conversation_documents}'::text[]) t;

-- Jobs are never narrowed, but one that answers a person may find only what that person may see: the rule of principal_fill (117), for who asked.
create function chat_narrow() returns void language plpgsql as $$
declare
	v_scope text;
begin
	select case when m.role = 'client' then 'client' when m.role in ('operator', 'pm', 'member', 'viewer', 'user')
			and exists (select from public.scope_grants g where g.org_id = m.org_id and g.user_id = m.user_id)
			and not exists (select from public.scope_grants g where g.org_id = m.org_id and g.user_id = m.user_id and g.scope = 'strategy') then 'scopes' else '' end
		into v_scope from public.memberships m where m.org_id = public.fl_org() and m.user_id = public.fl_user();
	if v_scope <> '' then
		perform public.fl_narrow(v_scope, public.fl_org(), public.fl_user());
	end if;
end
$$;
select fl_definer_function('chat_narrow()');

-- What a model is told besides the passages, and tokens set aside for the call: a prompt is at most some 30 KB.
create function chat_load(p_turn uuid) returns table (status text, earlier text, general boolean, chain text, reserved boolean) language plpgsql as $$
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
	perform chat_narrow(); -- the passages are looked for next
end
$$;
