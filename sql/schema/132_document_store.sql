-- Documents kept and deleted: quota, store, the files that no row names any more (DOC-03, DOC-13, DOC-14; promise 31).

select fl_grant('document.delete', 'owner admin operator');
alter table intake_files add column n int not null default 0; -- the order they came in
alter table intake_files drop constraint intake_files_refused_check, add constraint intake_files_refused_check check (refused in ('type', 'empty', 'too_large', 'quota'));

-- Bytes of an organisation's documents, as counted.
create function document_bytes() returns bigint language sql stable as $$
	select coalesce((select c.value from counters c where c.org_id = fl_org() and c.name = 'document.bytes'), 0)
		+ coalesce((select sum(d.delta)::bigint from counter_deltas d where d.org_id = fl_org() and d.name = 'document.bytes'), 0)
$$;

-- Whether so much more is over the quota: the organisation's own (settings.document_quota_mb), else what is configured; 0 is none.
create function document_over(p_size bigint, p_quota_mb bigint) returns boolean language sql stable as $$
	select x.mb > 0 and document_bytes() + p_size > x.mb * 1048576
	from (select coalesce((select (o.settings ->> 'document_quota_mb')::bigint from organizations o where o.id = fl_org()), p_quota_mb, 0) as mb) x
$$;

drop function document_add(text, text, bigint, text, text, text, text);
-- Keeps what is known of a file; the same content a second time in an organisation is the document that is there. p_status: QUEUED or QUARANTINED.
create function document_add(p_name text, p_type text, p_size bigint, p_hash text, p_status text, p_reason text, p_scan text, p_quota_mb bigint)
		returns table (id uuid, status text, duplicate boolean) language plpgsql as $$
declare
	v_id uuid;
begin
	return query select d.id, d.status, true from documents d where d.org_id = fl_org() and d.hash = p_hash;
	if found then
		return;
	end if;
	if document_over(p_size, p_quota_mb) then
		perform fl_fail('FL422', 'document.wrong.quota', 'files');
	end if;
	insert into documents as d (org_id, name, type, size_bytes, hash, status, reason, scan, uploaded_by)
		values (fl_org(), p_name, p_type, p_size, p_hash, p_status, p_reason, p_scan, fl_user())
		on conflict (org_id, hash) do nothing returning d.id into v_id;
	if v_id is null then
		return query select d.id, d.status, true from documents d where d.org_id = fl_org() and d.hash = p_hash;
		-- who is narrowed and brings what is kept where he does not see it, is told so
		if not found then
			perform fl_fail('FL409', 'document.wrong.known', 'files');
		end if;
		return;
	end if;
	perform fl_count('document.bytes', p_size);
	perform fl_audit('document.upload', 'document', v_id, jsonb_build_object('name', p_name, 'type', p_type, 'size', p_size));
	if p_status = 'QUEUED' then
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', v_id));
	end if;
	return query select v_id, p_status, false;
end
$$;

-- as counted from here on; what is there already
set role fl_definer;
insert into counter_deltas (org_id, name, delta) select org_id, 'document.bytes', sum(size_bytes) from documents group by org_id;
reset role;

-- As in 131; a file over the quota is refused, the request is not.
create or replace function intake_files_add(p_intake uuid, p_files jsonb) returns bigint language plpgsql as $$
declare
	f record;
	v_document uuid;
	v_status text;
	v_refused text;
	v_done bigint := 0;
	v_n int := (select coalesce(max(x.n), 0) from intake_files x where x.org_id = fl_org() and x.intake_id = p_intake);
	v_waits boolean := false;
begin
	for f in select * from jsonb_to_recordset(coalesce(p_files, '[]'))
			x(name text, size bigint, type text, hash text, status text, reason text, scan text, quota_mb bigint, refused text) loop
		v_document := null;
		v_refused := f.refused;
		if v_refused is null and document_over(f.size, f.quota_mb) and not exists (select from documents d where d.org_id = fl_org() and d.hash = f.hash) then
			v_refused := 'quota';
		end if;
		if v_refused is null then
			select d.id, d.status into v_document, v_status from document_add(f.name, f.type, f.size, f.hash, f.status, f.reason, f.scan, f.quota_mb) d;
			v_waits := v_waits or v_status in ('QUEUED', 'READING');
		end if;
		v_done := v_done + 1;
		insert into intake_files (org_id, intake_id, document_id, name, size_bytes, refused, n)
			values (fl_org(), p_intake, v_document, f.name, f.size, v_refused, v_n + v_done)
			on conflict do nothing;
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

create or replace function intake_files_text(p_org uuid, p_intake uuid) returns text language sql stable parallel safe as $$
	select left(string_agg(E'\n\n[' || x.name || E']\n' || x.body, '' order by x.n, x.id), 20000)
	from (select f.n, f.id, f.name, (select left(string_agg(g.body, E'\n' order by g.page), 6000) from public.document_pages g
			where g.org_id = f.org_id and g.document_id = f.document_id and g.page <= 5) as body
		from public.intake_files f where f.org_id = p_org and f.intake_id = p_intake and f.document_id is not null order by f.n, f.id limit 10) x
	where x.body is not null
$$;

-- Documents that ended go to the store.
create function document_store_later(p_id uuid) returns void language sql as $$
	select fl_enqueue('document-processing', 'document.store', jsonb_build_object('document_id', p_id), 7, null, 'store:' || p_id)
		from documents d where d.org_id = fl_org() and d.id = p_id and d.status not in ('QUEUED', 'READING')
$$;

-- Every file that a row names, for the check of files and rows: of all organisations, in order of organisation and hash.
create function document_named(p_org uuid, p_hash text, p_limit bigint) returns table (org_id uuid, hash text) language plpgsql stable as $$
begin
	return query select x.org_id, x.hash from (select d.org_id, d.hash from public.documents d union select g.org_id, g.image from public.document_pages g where g.image is not null) x
		where (x.org_id, x.hash) > (coalesce(p_org, '00000000-0000-0000-0000-000000000000'), coalesce(p_hash, '')) order by x.org_id, x.hash limit p_limit;
end
$$;
select fl_definer_function('document_named(uuid, text, bigint)', 'fl_owner');

-- The row for one file, if there is one.
create function document_names(p_org uuid, p_hash text) returns table (hash text) language plpgsql stable as $$
begin
	return query select p_hash where exists (select from public.documents d where d.org_id = p_org and d.hash = p_hash)
		or exists (select from public.document_pages g where g.org_id = p_org and g.image = p_hash);
end
$$;
select fl_definer_function('document_names(uuid, text)', 'fl_owner');
create index document_pages_image on document_pages (org_id, image) where image is not null;
