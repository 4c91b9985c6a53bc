-- A question is looked at by meaning (job chat.find) before it is answered (job chat.answer).
create or replace function chat_ask(p_id uuid, p_question text, p_documents jsonb) returns table (id uuid, turn_id uuid) language plpgsql as $$
declare
	c conversations;
	t chat_turns;
	v_narrow boolean := coalesce(jsonb_array_length(p_documents), 0) > 0;
begin
	if p_id is null then
		insert into conversations (org_id, user_id, title, narrow)
			values (fl_org(), fl_user(), left(regexp_replace(btrim(p_question), '\s+', ' ', 'g'), 120), v_narrow) returning * into c;
		if v_narrow then
			perform chat_documents(c.id, p_documents);
		end if;
	else
		select * into c from conversations x where x.org_id = fl_org() and x.id = p_id and chat_mine(x.user_id) for update;
		if not found then
			return;
		end if;
		if exists (select from chat_turns x where x.org_id = fl_org() and x.conversation_id = c.id and x.status = 'WAITING') then
			perform fl_fail('FL422', 'chat.wrong.waiting', 'question');
		end if;
		update conversations x set updated_at = now() where x.org_id = fl_org() and x.id = c.id;
	end if;
	insert into chat_turns (org_id, conversation_id, n, question)
		values (fl_org(), c.id, (select count(*) + 1 from chat_turns x where x.org_id = fl_org() and x.conversation_id = c.id), btrim(p_question)) returning * into t;
	if t.n > 200 then
		perform fl_fail('FL422', 'chat.wrong.long', 'question');
	end if;
	perform fl_audit('chat.ask', 'conversation', c.id, jsonb_build_object('turn', t.n));
	perform fl_enqueue('chat', 'chat.find', chat_task(t), 2, null, 'chat:' || t.id);
	return query select c.id, t.id;
end
$$;

-- Goes on with what lies near a question, as passage_find takes it; null: nothing.
create function chat_found(p_turn uuid, p_near jsonb) returns void language plpgsql as $$
declare
	t chat_turns;
begin
	select * into t from chat_turns x where x.org_id = fl_org() and x.id = p_turn and x.status = 'WAITING';
	if found then
		perform fl_enqueue('chat', 'chat.answer', chat_task(t) || jsonb_strip_nulls(jsonb_build_object('near', p_near)), 2, null, 'answer:' || t.id);
	end if;
end
$$;
