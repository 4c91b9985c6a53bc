-- What an agent made and somebody kept as a file (DOC-18): an answer with its sources. It is a document like others, with versions, download and deletion, but no source
-- of answers: a model's words are no evidence. The same question kept again is the next version.
create table generated_assets (
	org_id uuid not null references organizations,
	document_id uuid not null,
	agent text not null check (agent in ('chat')),
	subject text not null,      -- the question, as approved answers compare it
	conversation_id uuid,       -- null: forgotten since
	turn_id uuid,
	provider text, model text,  -- null: no model answered
	user_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, document_id),
	foreign key (org_id, document_id) references documents on delete cascade,
	foreign key (org_id, conversation_id) references conversations on delete set null (conversation_id),
	foreign key (org_id, turn_id) references chat_turns on delete set null (turn_id)
);
create index generated_assets_subject on generated_assets (org_id, subject);
create index generated_assets_conversation on generated_assets (org_id, conversation_id);
create index generated_assets_turn on generated_assets (org_id, turn_id);
select fl_tenant_table('generated_assets');
select fl_scope_table('generated_assets', 'public.document_open(document_id)');

create function generated_subject(p_question text) returns text language plpgsql immutable as $$
begin
	return left(lower(regexp_replace(btrim(p_question), '\s+', ' ', 'g')), 500);
end
$$;

-- Keeps a file that was made of an answer of mine. The same content a second time is the document that is there.
create function generated_asset_keep(p_turn uuid, p_name text, p_type text, p_size bigint, p_hash text, p_status text, p_reason text, p_scan text, p_quota_mb bigint)
		returns table (id uuid, version bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t chat_turns := chat_turn_mine(p_turn);
	v_subject text;
	v_id uuid;
	v_before uuid;
begin
	if t.id is null then
		return;
	end if;
	v_subject := generated_subject(t.question);
	select d.id into v_id from documents d where d.org_id = fl_org() and d.hash = p_hash;
	if v_id is null then
		select d.id into v_before from generated_assets g join documents d on d.org_id = g.org_id and d.id = g.document_id
			where g.org_id = fl_org() and g.subject = v_subject and g.user_id is not distinct from fl_user() order by d.version desc, d.id desc limit 1;
		if v_before is null then
			select a.id into v_id from document_add(p_name, p_type, p_size, p_hash, p_status, p_reason, p_scan, p_quota_mb) a;
		else
			select a.id into v_id from document_version_add(v_before, p_name, p_type, p_size, p_hash, p_status, p_reason, p_scan, p_quota_mb) a;
		end if;
		insert into generated_assets (org_id, document_id, agent, subject, conversation_id, turn_id, provider, model, user_id)
			values (fl_org(), v_id, 'chat', v_subject, t.conversation_id, t.id, t.provider, t.model, fl_user());
		perform fl_audit('document.generated', 'document', v_id, jsonb_build_object('agent', 'chat', 'conversation', t.conversation_id, 'turn', t.n));
	end if;
	return query select d.id, d.version::bigint from documents d where d.org_id = fl_org() and d.id = v_id;
end
$$;
