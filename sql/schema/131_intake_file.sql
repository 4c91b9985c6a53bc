-- Files that came with a request (INT-16; DOC): by form, mail, webhook or API. Each becomes a document, or says why it did not; the decision waits
-- for their text, but not for ever.

create table intake_files (
	org_id uuid not null references organizations,
	intake_id uuid not null,
	id uuid not null default fl_uuid(),
	document_id uuid,
	name text not null check (length(name) between 1 and 255),
	size_bytes bigint not null default 0,
	refused text check (refused in ('type', 'empty', 'too_large')),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, intake_id, id),
	foreign key (org_id, intake_id) references intake_requests (org_id, id) on delete cascade,
	foreign key (org_id, document_id) references documents (org_id, id) on delete set null (document_id),
	unique (org_id, intake_id, document_id)
);
create index intake_files_document on intake_files (org_id, document_id) where document_id is not null;
select fl_tenant_table('intake_files');

-- How long a request waits for its files to be read before it is decided without them.
create function intake_files_wait() returns interval language sql immutable parallel safe as $$ select interval '3 minutes' $$;

-- Whether a request still waits for its files.
create function intake_files_awaited(p_org uuid, p_intake uuid, p_since timestamptz) returns boolean language sql stable parallel safe as $$
	select p_since > now() - public.intake_files_wait() and exists (select from public.intake_files f
		join public.documents d on d.org_id = f.org_id and d.id = f.document_id where f.org_id = p_org and f.intake_id = p_intake and d.status in ('QUEUED', 'READING'))
$$;

-- What the decision reads of the files: the beginnings of the first ones, 20,000 characters together.
create function intake_files_text(p_org uuid, p_intake uuid) returns text language sql stable parallel safe as $$
	select left(string_agg(E'\n\n[' || x.name || E']\n' || x.body, '' order by x.n), 20000)
	from (select f.id as n, f.name, (select left(string_agg(g.body, E'\n' order by g.page), 6000) from public.document_pages g
			where g.org_id = f.org_id and g.document_id = f.document_id and g.page <= 5) as body
		from public.intake_files f where f.org_id = p_org and f.intake_id = p_intake and f.document_id is not null order by f.id limit 10) x
	where x.body is not null
$$;

-- A request that is not decided yet is looked at again when the time to wait is over.
create function intake_files_later(p_intake uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('intake-routing', 'intake.route', jsonb_build_object('intake_id', p_intake), 5, clock_timestamp() + intake_files_wait(), 'files:' || p_intake)
		from intake_requests r where r.org_id = fl_org() and r.id = p_intake and r.status = 'NEW';
end
$$;

-- Links files to a request. p_files: [{"name", "size", "type", "hash", "status", "reason", "scan"}, or {"name", "size", "refused"}].
create function intake_files_add(p_intake uuid, p_files jsonb) returns bigint language plpgsql as $$
declare
	f record;
	v_document uuid;
	v_status text;
	v_done bigint := 0;
	v_waits boolean := false;
begin
	for f in select * from jsonb_to_recordset(coalesce(p_files, '[]')) x(name text, size bigint, type text, hash text, status text, reason text, scan text, refused text) loop
		v_document := null;
		if f.refused is null then
			select d.id, d.status into v_document, v_status from document_add(f.name, f.type, f.size, f.hash, f.status, f.reason, f.scan) d;
			v_waits := v_waits or v_status in ('QUEUED', 'READING');
		end if;
		insert into intake_files (org_id, intake_id, document_id, name, size_bytes, refused) values (fl_org(), p_intake, v_document, f.name, f.size, f.refused)
			on conflict do nothing;
		v_done := v_done + 1;
	end loop;
	if v_done > 0 then
		perform fl_audit('intake.files', 'intake', p_intake, jsonb_build_object('files', v_done));
	end if;
	if v_waits then
		perform intake_files_later(p_intake);
	end if;
	return v_done;
end
$$;

-- Links documents that were uploaded before. Answers the status it was given, so that a statement that makes the request can call it.
create function intake_files_link(p_intake uuid, p_status text, p_documents jsonb) returns text language plpgsql as $$
declare
	x text;
	d documents;
begin
	for x in select jsonb_array_elements_text(p_documents) loop
		select * into d from documents y where y.org_id = fl_org() and y.id::text = lower(x);
		if d.id is null or not fl_can('document.read') then
			perform fl_fail('FL422', 'wrong.choice', 'documents');
		end if;
		insert into intake_files (org_id, intake_id, document_id, name, size_bytes) values (fl_org(), p_intake, d.id, d.name, d.size_bytes) on conflict do nothing;
		if d.status in ('QUEUED', 'READING') then
			perform intake_files_later(p_intake);
		end if;
	end loop;
	return p_status;
end
$$;

-- Files that came with a mail, once the mail found its request.
create function mail_files(p_mail uuid, p_files jsonb) returns void language plpgsql as $$
declare
	v_intake uuid;
begin
	select w.intake_id into v_intake from mail_raw w where w.org_id = fl_org() and w.id = p_mail and w.state = 'done' and w.intake_id is not null;
	if found then
		perform intake_files_add(v_intake, p_files);
	end if;
end
$$;

-- Files a colleague adds to a request.
create function intake_files_put(p_intake uuid, p_files jsonb) returns table (id uuid) language plpgsql as $$
begin
	if exists (select from intake_requests r where r.org_id = fl_org() and r.id = p_intake) then
		perform intake_files_add(p_intake, p_files);
		perform fl_emit('intake.updated', jsonb_build_object('intake_id', p_intake, 'change', 'files'));
		return query select p_intake;
	end if;
end
$$;

-- The last file of a request came to its end: it is decided now. Documents end side by side; the lock lets the last one see the others.
create function intake_files_read() returns trigger language plpgsql as $$
declare
	r record;
begin
	for r in select f.intake_id from public.intake_files f where f.org_id = new.org_id and f.document_id = new.id order by f.intake_id loop
		perform from public.intake_requests q where q.org_id = new.org_id and q.id = r.intake_id and q.status = 'NEW' for update;
		if found and not exists (select from public.intake_files f join public.documents d on d.org_id = f.org_id and d.id = f.document_id
				where f.org_id = new.org_id and f.intake_id = r.intake_id and d.status in ('QUEUED', 'READING')) then
			perform public.fl_enqueue('intake-routing', 'intake.route', jsonb_build_object('intake_id', r.intake_id), p_dedupe => 'read:' || r.intake_id);
		end if;
	end loop;
	return null;
end
$$;
create trigger files_read after update of status on documents for each row
	when (old.status in ('QUEUED', 'READING') and new.status not in ('QUEUED', 'READING')) execute function intake_files_read();

-- A mail that was read finds its place, once: a word in a conversation, a new request, or put aside with its reason. p_forced: a person said it
-- is a request. p_own: the address our mail is sent from, p_from: the sender, null when it has no usable address.
create or replace function mail_take(p_id uuid, p_mail jsonb, p_from text, p_own text, p_number bigint, p_forced boolean) returns void language plpgsql as $$
declare
	w mail_raw;
	r record;
	v_intake uuid;
	v_name text := left(p_mail #>> '{from,name}', 200);
	v_subject text := btrim(p_mail ->> 'subject');
	v_text text := left(btrim(p_mail ->> 'text', E' \r\n\t'), 100000);
	v_message text := coalesce(p_mail ->> 'message_id', '');
	v_reason text;
begin
	select * into w from mail_raw where org_id = fl_org() and id = p_id and state = 'new' for update;
	if w.id is null then
		return;
	end if;
	v_reason := case when p_from = lower(p_own) then 'own' else mail_machine(p_mail, p_from) end;
	v_intake := mail_thread(p_number, array(select jsonb_array_elements_text(p_mail -> 'references') union select p_mail ->> 'in_reply_to'), v_subject, p_from);
	if v_reason is null and v_subject = '' and v_text = '' and jsonb_array_length(coalesce(p_mail -> 'attachments', '[]')) = 0 then
		v_reason := 'empty';
	end if;
	if v_reason is not null and not p_forced then
		-- What a machine says about a conversation is kept there as a note: it answers nothing and opens nothing again.
		if v_intake is not null and v_reason <> 'own' and v_text <> '' then
			insert into intake_messages (org_id, intake_id, direction, author_name, body, message_id)
				values (fl_org(), v_intake, 'note', coalesce(nullif(v_name, ''), p_from, ''), v_text, nullif(v_message, ''));
			perform fl_emit('intake.updated', jsonb_build_object('intake_id', v_intake, 'change', 'message'));
		end if;
		update mail_raw set state = 'ignored', reason = v_reason, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
		return;
	end if;
	if v_intake is not null then
		perform intake_message_in(v_intake, coalesce(nullif(v_name, ''), p_from), coalesce(nullif(v_text, ''), v_subject), nullif(v_message, ''));
	else
		select * into r from intake_create('email', coalesce(nullif(left(v_subject, 300), ''), nullif(left(split_part(v_text, E'\n', 1), 120), ''), 'E-mail'), v_text,
			v_name, p_from, null, '{}', null, null, null, nullif(v_message, ''), case when mail_flood(p_from) then 'flood' end, null);
		v_intake := r.id;
		if v_reason is null and p_from is not null and r.status = 'NEW' then
			perform mail_acknowledge(v_intake, r.number, p_from, v_name, nullif(v_message, ''), r.status_key);
		end if;
	end if;
	update mail_raw set state = 'done', reason = null, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;
