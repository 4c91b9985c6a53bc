-- Questions to documents, and answers that say where they stand (RAG-10 to RAG-13; X-49). A conversation belongs to who began it; one a program began
-- belongs to the organisation. What was found is kept with the answer.

select fl_grant('chat.use', 'owner admin operator pm member viewer agent service');
select fl_grant('chat.manage', 'owner admin');
insert into queues (name, alias, class, concurrency) values ('chat', null, 'io', 5);

create table chat_settings (
	org_id uuid primary key references organizations,
	general boolean not null default true, -- whether what no document says may be answered all the same, marked so (X-49)
	chain text,                            -- null: the site's
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
select fl_tenant_table('chat_settings', 'select, insert, update');

create table conversations (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid,
	title text not null check (length(title) between 1 and 200),
	narrow boolean not null, -- only the documents of conversation_documents; else all that may be seen
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index conversations_mine on conversations (org_id, user_id, updated_at desc);
select fl_tenant_table('conversations');

create table conversation_documents (
	org_id uuid not null references organizations,
	conversation_id uuid not null,
	document_id uuid not null,
	primary key (org_id, conversation_id, document_id),
	foreign key (org_id, conversation_id) references conversations on delete cascade,
	foreign key (org_id, document_id) references documents on delete cascade
);
create index conversation_documents_document on conversation_documents (org_id, document_id);
select fl_tenant_table('conversation_documents');

create table chat_turns (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	conversation_id uuid not null,
	n int not null check (n > 0),
	question text not null check (length(question) between 1 and 2000),
	status text not null default 'WAITING' check (status in ('WAITING', 'DONE', 'FAILED')),
	kind text check (kind in ('cited', 'uncited', 'general', 'none', 'quoted')), -- see src/app/chat/chat.h
	note text check (note in ('no_model', 'budget', 'away', 'slow', 'wrong')),   -- why no model answered
	answer text not null default '', -- plain text; [n] is source n
	dropped int not null default 0,  -- citations of passages that were not given
	provider text,
	model text,
	latency_ms bigint not null default 0,
	prompt_tokens bigint not null default 0,
	completion_tokens bigint not null default 0,
	cost_micro bigint not null default 0,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, conversation_id, n),
	foreign key (org_id, conversation_id) references conversations on delete cascade
);
select fl_tenant_table('chat_turns');

create table chat_sources (
	org_id uuid not null references organizations,
	turn_id uuid not null,
	n int not null check (n > 0),
	cited boolean not null,
	document_id uuid not null,
	name text not null,
	page int not null,
	from_char int not null,
	to_char int not null,
	quote text not null,
	quote_marks jsonb not null default '[]',
	primary key (org_id, turn_id, n),
	foreign key (org_id, turn_id) references chat_turns on delete cascade,
	foreign key (org_id, document_id) references documents on delete cascade
);
create index chat_sources_document on chat_sources (org_id, document_id);
select fl_tenant_table('chat_sources');

create function chat_mine(p_user uuid) returns boolean language sql stable parallel safe as $$
	select p_user is null or p_user is not distinct from fl_user()
$$;

create function chat_documents(p_id uuid, p_documents jsonb) returns void language plpgsql as $$
declare
	v_all bigint := jsonb_array_length(p_documents);
begin
	if exists (select from jsonb_array_elements_text(p_documents) v where v !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') then
		perform fl_fail('FL422', 'chat.wrong.documents', 'documents');
	end if;
	insert into conversation_documents (org_id, conversation_id, document_id)
		select distinct fl_org(), p_id, d.id from documents d join jsonb_array_elements_text(p_documents) v on d.id = v::uuid where d.org_id = fl_org();
	if (select count(*) from conversation_documents c where c.org_id = fl_org() and c.conversation_id = p_id) < v_all then
		perform fl_fail('FL422', 'chat.wrong.documents', 'documents');
	end if;
end
$$;

-- What the job is told: the question, what was asked before it (to find passages for "and when is it due?"), and where to look. A set whose documents are
-- all gone finds nothing, not everything.
create function chat_task(t chat_turns) returns jsonb language plpgsql stable as $$
declare
	c conversations;
begin
	select * into c from conversations x where x.org_id = fl_org() and x.id = t.conversation_id;
	return jsonb_build_object('turn_id', t.id, 'question', t.question,
		'before', coalesce((select left(string_agg(b.question, ' ' order by b.n), 600) from chat_turns b
			where b.org_id = fl_org() and b.conversation_id = c.id and b.n between t.n - 2 and t.n - 1), ''),
		'documents', case when c.narrow then (select coalesce(jsonb_agg(d.document_id), '["00000000-0000-0000-0000-000000000000"]')
			from conversation_documents d where d.org_id = fl_org() and d.conversation_id = c.id) end);
end
$$;

-- A question, in a conversation or as the first of a new one. It is looked at by meaning (job chat.find) before it is answered (job chat.answer).
create function chat_ask(p_id uuid, p_question text, p_documents jsonb) returns table (id uuid, turn_id uuid) language plpgsql as $$
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

-- Keeps the answer with its sources. p_answer: the columns of chat_turns, and "sources", an array of the columns of chat_sources.
create function chat_answered(p_turn uuid, p_answer jsonb) returns void language plpgsql as $$
declare
	a chat_turns := jsonb_populate_record(null::chat_turns, p_answer - 'sources');
	v_conversation uuid;
begin
	delete from llm_reservations r where r.org_id = fl_org() and r.intake_id = p_turn;
	update chat_turns t set status = a.status, kind = a.kind, note = a.note, answer = a.answer, dropped = coalesce(a.dropped, 0), provider = a.provider, model = a.model,
			latency_ms = coalesce(a.latency_ms, 0), prompt_tokens = coalesce(a.prompt_tokens, 0), completion_tokens = coalesce(a.completion_tokens, 0),
			cost_micro = coalesce(a.cost_micro, 0), updated_at = now()
		where t.org_id = fl_org() and t.id = p_turn and t.status = 'WAITING' returning t.conversation_id into v_conversation;
	if not found then
		return;
	end if;
	insert into chat_sources (org_id, turn_id, n, cited, document_id, name, page, from_char, to_char, quote, quote_marks)
		select fl_org(), p_turn, s.n, s.cited, s.document_id, s.name, s.page, s.from_char, s.to_char, s.quote, coalesce(s.quote_marks, '[]')
		from jsonb_populate_recordset(null::chat_sources, coalesce(p_answer -> 'sources', '[]')) s
			join documents d on d.org_id = fl_org() and d.id = s.document_id; -- deleted while it was being answered
	perform fl_emit('chat.answered', jsonb_build_object('conversation_id', v_conversation, 'turn_id', p_turn, 'kind', coalesce(a.kind, 'failed')));
end
$$;

-- The pieces of an answer between its citations; n null: the last has none.
create function chat_parts(p_answer text) returns table (n bigint, text text, source int) language sql immutable parallel safe as $$
	select o.k, o.m[1], o.m[2]::int from regexp_matches(p_answer, '((?:(?!\[\d+\]).)*)(?:\[(\d{1,3})\])?', 'g') with ordinality o(m, k) where o.m[1] <> '' or o.m[2] is not null
$$;

create function chat_delete(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	delete from conversations c where c.org_id = fl_org() and c.id = p_id and chat_mine(c.user_id);
	if found then
		perform fl_audit('chat.delete', 'conversation', p_id);
		return query select p_id;
	end if;
end
$$;

create function chat_set(p_general boolean, p_chain text) returns table (general boolean) language plpgsql as $$
begin
	if p_chain is not null and p_chain !~ '^(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?(,(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?){0,5}$' then
		perform fl_fail('FL422', 'wrong.chain', 'chain');
	end if;
	insert into chat_settings as s (org_id, general, chain) values (fl_org(), p_general, nullif(p_chain, ''))
		on conflict (org_id) do update set general = excluded.general, chain = excluded.chain, updated_at = now();
	perform fl_audit('chat.change', 'organization', fl_org(), jsonb_build_object('general', p_general, 'chain', p_chain));
	return query select p_general;
end
$$;
