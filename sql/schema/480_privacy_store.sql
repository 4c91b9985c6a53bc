-- Erasures and exports where files lie in a store (S3): the names a content has or had there (452) go and come with it.
alter table privacy_files drop constraint privacy_files_path_check,
	add constraint privacy_files_path_check check (path ~ '^[0-9a-f-]{36}/[0-9a-f]{0,64}(-[0-9]+)?$|^exports/[0-9a-f-]{36}(/|\.zip)$');

-- A content that is erased is erased under each of its names, none of which is written again. Of an organisation that goes nothing is written again anyway.
create function privacy_named() returns trigger language plpgsql as $$
declare
	k public.file_keys;
begin
	if exists (select from public.privacy_orders o where o.id = new.order_id and o.subject = 'organization') then
		select * into k from public.file_keys x where x.org_id = split_part(new.path, '/', 1)::uuid and x.hash = split_part(new.path, '/', 2);
		k.n := k.n + 1;
	else
		insert into public.file_keys as x (org_id, hash, n) values (split_part(new.path, '/', 1)::uuid, split_part(new.path, '/', 2), 1)
			on conflict (org_id, hash) do update set n = x.n + 1, updated_at = now() returning * into k;
	end if;
	insert into public.privacy_files (path, order_id) select new.path || '-' || i, new.order_id from generate_series(greatest(k.gone, 1), k.n - 1) i on conflict (path) do nothing;
	return null;
end
$$;
select fl_definer_function('privacy_named()');
create trigger privacy_named after insert on privacy_files for each row when (new.path ~ '^[0-9a-f-]{36}/[0-9a-f]{64}$') execute function privacy_named();

-- Before an organisation is erased: what of it lies in the store. Its folder here goes as a whole.
create function privacy_store(p_order uuid) returns void language plpgsql as $$
begin
	insert into public.privacy_files (path, order_id)
		select distinct o.org_id || '/' || f.hash, o.id from public.privacy_orders o, lateral (select d.hash from public.documents d where d.org_id = o.org_id
			union select d.archive from public.documents d where d.org_id = o.org_id and d.archive is not null
			union select g.image from public.document_pages g where g.org_id = o.org_id and g.image is not null
			union select k.hash from public.file_keys k where k.org_id = o.org_id and k.gone < k.n) f
		where o.id = p_order and o.what = 'erase' and o.subject = 'organization' and o.state = 'waiting' and o.begins_at <= now() and f.hash is not null
		on conflict (path) do update set order_id = excluded.order_id;
end
$$;
select fl_definer_function('privacy_store(uuid)');

-- The contents of an export and their names in the store.
create function privacy_pack_store(p_order uuid) returns table (org_id uuid, hash text, key text) language sql stable as $$
	select r.org_id, f.hash, f.hash || coalesce('-' || k.n, '')
	from public.privacy_orders o join public.privacy_reach r on r.order_id = o.id
		cross join lateral (select d.hash from public.documents d where d.org_id = r.org_id and (o.subject = 'organization' or d.uploaded_by = o.subject_id)
			union select d.archive from public.documents d where d.org_id = r.org_id and d.archive is not null and o.subject = 'organization'
			union select g.image from public.documents d join public.document_pages g on g.org_id = d.org_id and g.document_id = d.id
				where d.org_id = r.org_id and g.image is not null and (o.subject = 'organization' or d.uploaded_by = o.subject_id)) f
		left join public.file_keys k on k.org_id = r.org_id and k.hash = f.hash
	where o.id = p_order and o.state = 'packing' and o.subject in ('organization', 'person') and f.hash is not null
	order by 1, 2
$$;
select fl_definer_function('privacy_pack_store(uuid)');
