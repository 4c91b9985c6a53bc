-- Drafts of replies to requests (LLM-03, purpose "copilot"): asked for by a person, written by a model or put together from the best passages, shown in that person's reply
-- field. Nothing sends one: a reply is what its person sends.

create table reply_drafts (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	intake_id uuid not null,
	user_id uuid, -- who asked; null: a program
	question text, -- what the reply should say, in the words of who asked; may be null
	status text not null default 'WAITING' check (status in ('WAITING', 'DONE', 'FAILED')),
	body text not null default '',
	note text check (note in ('no_model', 'budget', 'away', 'wrong')), -- why no model wrote it
	model text,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, intake_id) references intake_requests on delete cascade
);
create unique index reply_drafts_one on reply_drafts (org_id, intake_id, user_id) nulls not distinct;
select fl_tenant_table('reply_drafts');
select fl_scope_table('reply_drafts', 'public.intake_open(intake_id)');

create table reply_draft_sources (
	org_id uuid not null references organizations,
	draft_id uuid not null,
	n int not null check (n > 0),
	document_id uuid not null,
	name text not null,
	page int not null,
	from_char int not null,
	to_char int not null,
	primary key (org_id, draft_id, n),
	foreign key (org_id, draft_id) references reply_drafts on delete cascade,
	foreign key (org_id, document_id) references documents on delete cascade
);
create index reply_draft_sources_document on reply_draft_sources (org_id, document_id);
select fl_tenant_table('reply_draft_sources', 'select, insert, delete');
select fl_scope_table('reply_draft_sources', 'public.document_open(document_id)');

-- One of each person for each request; asked again it is written anew.
create function draft_begin(p_intake uuid, p_wish text) returns table (id uuid, draft_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	r intake_requests;
	v_id uuid;
begin
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake and x.status <> 'QUARANTINED';
	if r.id is null then
		return;
	end if;
	delete from reply_drafts d where d.org_id = fl_org() and d.intake_id = r.id and d.user_id is not distinct from fl_user();
	insert into reply_drafts (org_id, intake_id, user_id, question) values (fl_org(), r.id, fl_user(), nullif(left(btrim(p_wish), 2000), '')) returning reply_drafts.id into v_id;
	perform fl_audit('intake.draft', 'intake', r.id, jsonb_build_object('draft_id', v_id));
	perform fl_enqueue('chat', 'draft.write', jsonb_build_object('draft_id', v_id, 'question', left(regexp_replace(coalesce((select m.body from intake_messages m
		where m.org_id = fl_org() and m.intake_id = r.id and m.direction = 'in' order by m.created_at desc limit 1), r.subject || ' ' || r.body) || ' ' || left(coalesce(p_wish, ''), 400), '\s+', ' ', 'g'), 1000)),
		2, null, 'draft:' || v_id);
	return query select r.id, v_id;
end
$$;

create function draft_load(p_draft uuid) returns table (subject text, requester text, locale text, asked text, said text, wish text, author text, org text, reserved boolean) language plpgsql as $$
#variable_conflict use_column
begin
	return query select r.subject, coalesce(r.requester_name, ''), case when r.locale like 'es%' then 'es' else 'en' end, r.body,
			coalesce((select string_agg(case m.direction when 'out' then 'We answered: ' else 'They wrote: ' end || left(m.body, 2000), E'\n\n' order by m.created_at)
				from (select x.* from intake_messages x where x.org_id = fl_org() and x.intake_id = r.id and x.direction in ('in', 'out') order by x.created_at desc limit 6) m), ''),
			coalesce(d.question, ''), coalesce((select m.name from memberships m where m.org_id = fl_org() and m.user_id = d.user_id), ''),
			coalesce((select o.name from organizations o where o.id = fl_org()), ''),
			llm_reserve(d.id, 10000, coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000))
		from reply_drafts d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id where d.org_id = fl_org() and d.id = p_draft and d.status = 'WAITING';
	perform fl_as_person(); -- the passages are looked for next
end
$$;

create function draft_written(p_draft uuid, p_status text, p_body text, p_note text, p_model text, p_sources jsonb) returns void language plpgsql as $$
begin
	delete from llm_reservations l where l.org_id = fl_org() and l.intake_id = p_draft;
	update reply_drafts d set status = p_status, body = p_body, note = p_note, model = p_model, updated_at = now() where d.org_id = fl_org() and d.id = p_draft and d.status = 'WAITING';
	if not found then
		return;
	end if;
	insert into reply_draft_sources (org_id, draft_id, n, document_id, name, page, from_char, to_char)
		select fl_org(), p_draft, s.n, s.document_id, s.name, s.page, s.from_char, s.to_char from jsonb_populate_recordset(null::reply_draft_sources, p_sources) s
			join documents d on d.org_id = fl_org() and d.id = s.document_id; -- deleted meanwhile
end
$$;

create function draft_forget(p_intake uuid) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
begin
	return query delete from reply_drafts d where d.org_id = fl_org() and d.intake_id = p_intake and d.user_id is not distinct from fl_user() returning d.intake_id;
end
$$;
