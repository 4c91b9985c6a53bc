-- What people say of answers, answers kept as approved, and questions taken back (ux 1.6). An approved answer is given again, with its sources, to whoever asks the same of all
-- documents and may see every source it cites; no model is asked then.

alter table chat_turns
	add column verdict text check (verdict in ('good', 'bad')),
	add column verdict_reason text check (verdict_reason in ('wrong', 'incomplete', 'source', 'other')),
	drop constraint chat_turns_kind_check,
	add constraint chat_turns_kind_check check (kind in ('cited', 'uncited', 'general', 'none', 'quoted', 'approved', 'stopped'));

create table approved_answers (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	turn_id uuid not null,
	question text not null,
	said text not null, -- the question as it is compared
	user_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, said),
	foreign key (org_id, turn_id) references chat_turns on delete cascade
);
create index approved_answers_turn on approved_answers (org_id, turn_id);
select fl_tenant_table('approved_answers');

create function chat_said(p_question text) returns text language sql immutable parallel safe as $$
	select left(btrim(regexp_replace(lower(p_question), '[^[:alnum:]]+', ' ', 'g')), 2000)
$$;

create function chat_turn_mine(p_turn uuid) returns chat_turns language sql stable as $$
	select t from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id where t.org_id = fl_org() and t.id = p_turn and chat_mine(c.user_id)
$$;

create function chat_judge(p_turn uuid, p_verdict text, p_reason text) returns table (id uuid, conversation_id uuid, n bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns := chat_turn_mine(p_turn);
begin
	if t.id is null or t.status <> 'DONE' then
		return;
	end if;
	update chat_turns x set verdict = p_verdict, verdict_reason = case when p_verdict = 'bad' then p_reason end, updated_at = now() where x.org_id = fl_org() and x.id = t.id;
	perform fl_audit('chat.judge', 'conversation', t.conversation_id, jsonb_build_object('turn', t.n, 'verdict', p_verdict, 'reason', p_reason));
	return query select t.id, t.conversation_id, t.n::bigint;
end
$$;

-- Only an answer with sources, of a question to all documents that leans on none before it.
create function chat_approve(p_turn uuid) returns table (id uuid, conversation_id uuid, n bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns := chat_turn_mine(p_turn);
begin
	if t.id is null then
		return;
	end if;
	if t.kind <> 'cited' or t.n > 1 or (select c.narrow from conversations c where c.org_id = fl_org() and c.id = t.conversation_id) then
		perform fl_fail('FL422', 'chat.wrong.approve', 'question');
	end if;
	insert into approved_answers as a (org_id, turn_id, question, said, user_id) values (fl_org(), t.id, t.question, chat_said(t.question), fl_user())
		on conflict (org_id, said) do update set turn_id = excluded.turn_id, question = excluded.question, user_id = excluded.user_id, updated_at = now();
	perform fl_audit('chat.approve', 'conversation', t.conversation_id, jsonb_build_object('turn', t.n));
	return query select t.id, t.conversation_id, t.n::bigint;
end
$$;

create function chat_approved_drop(p_id uuid) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
begin
	delete from approved_answers a where a.org_id = fl_org() and a.id = p_id;
	if found then
		perform fl_audit('chat.unapprove', 'approved_answer', p_id);
		return query select p_id;
	end if;
end
$$;

-- What is being answered is not waited for any more; what comes of it is dropped by chat_answered.
create function chat_stop(p_turn uuid) returns table (id uuid, conversation_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns := chat_turn_mine(p_turn);
begin
	if t.id is null then
		return;
	end if;
	update chat_turns x set status = 'DONE', kind = 'stopped', updated_at = now() where x.org_id = fl_org() and x.id = t.id and x.status = 'WAITING';
	delete from llm_reservations r where r.org_id = fl_org() and r.intake_id = t.id;
	return query select t.id, t.conversation_id;
end
$$;

-- The approved answer to a question that was just asked, when every source it cites is there for who asks; whether there was one.
create function chat_answer_approved(p_turn uuid) returns boolean language plpgsql as $$
declare
	t chat_turns;
	o chat_turns;
begin
	select x.* into t from chat_turns x where x.org_id = fl_org() and x.id = p_turn;
	select x.* into o from approved_answers a join chat_turns x on x.org_id = a.org_id and x.id = a.turn_id where a.org_id = fl_org() and a.said = chat_said(t.question);
	if o.id is null or o.answer ~ '\[\d+\]' and not exists (select from chat_sources s where s.org_id = fl_org() and s.turn_id = o.id and s.cited)
			or exists (select from regexp_matches(o.answer, '\[(\d{1,3})\]', 'g') m where not exists (select from chat_sources s join documents d on d.org_id = s.org_id and d.id = s.document_id
				where s.org_id = fl_org() and s.turn_id = o.id and s.n = m[1]::int and not d.superseded)) then
		return false;
	end if;
	insert into chat_sources (org_id, turn_id, n, cited, document_id, name, page, from_char, to_char, quote, quote_marks)
		select s.org_id, t.id, s.n, s.cited, s.document_id, s.name, s.page, s.from_char, s.to_char, s.quote, s.quote_marks from chat_sources s where s.org_id = fl_org() and s.turn_id = o.id and s.cited;
	update chat_turns x set status = 'DONE', kind = 'approved', answer = o.answer, updated_at = now() where x.org_id = fl_org() and x.id = t.id;
	perform fl_emit('chat.answered', jsonb_build_object('conversation_id', t.conversation_id, 'turn_id', t.id, 'kind', 'approved'));
	return true;
end
$$;

-- As in 150; an approved answer is there at once.
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
	if c.narrow or not chat_answer_approved(t.id) then
		perform fl_enqueue('chat', 'chat.find', chat_task(t), 2, null, 'chat:' || t.id);
	end if;
	return query select c.id, t.id;
end
$$;
