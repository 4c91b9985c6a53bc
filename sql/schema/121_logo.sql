-- The logo of an organisation: a picture kept as a document, so that it is sniffed, scanned and drawn anew in the cage of the reader; what is shown is that drawing
-- and never the file. Its address holds a random key and changes with each upload.

alter table organizations
	add column logo_document_id uuid,
	add column logo_key text unique check (logo_key ~ '^[0-9a-f]{32}$');
alter table principals add column logo text not null default '';

-- As in 117, and the logo.
create or replace function principal_fill() returns trigger language plpgsql as $$
begin
	new.scope := case when new.role = 'client' then 'client' when new.user_id is not null and new.role in ('operator', 'pm', 'member', 'viewer', 'user')
			and exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id)
			and not exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id and g.scope = 'strategy') then 'scopes' else '' end;
	select coalesce(u.date_format, o.date_format, ''), coalesce(u.currency, o.currency, 'EUR'), coalesce(o.logo_key, '') into new.date_format, new.currency, new.logo
		from (select) x left join public.organizations o on o.id = new.org_id left join public.users u on u.id = new.user_id;
	return new;
end
$$;
select fl_definer_function('principal_fill()');

-- Takes a document as the logo; null: no logo any more.
create function organization_logo(p_document uuid) returns table (id uuid) language plpgsql as $$
begin
	if p_document is not null and not exists (select from public.documents d where d.org_id = public.fl_org() and d.id = p_document and d.type like 'image/%') then
		return;
	end if;
	update public.organizations o set logo_document_id = p_document, updated_at = now(),
			logo_key = case when p_document is not null then replace(gen_random_uuid()::text, '-', '') end
		where o.id = public.fl_org();
	update public.principals p set date_format = p.date_format where p.org_id = public.fl_org();
	perform public.fl_audit('org.logo', 'organization', public.fl_org(), jsonb_build_object('document_id', p_document));
	return query select public.fl_org();
end
$$;
select fl_definer_function('organization_logo(uuid)');

-- Where the drawing lies: once the file is read, and found to be clean.
create function logo_show(p_key text) returns table (org_id uuid, hash text) language plpgsql stable as $$
begin
	return query select o.id, g.image from public.organizations o
		join public.documents d on d.org_id = o.id and d.id = o.logo_document_id and d.scan in ('clean', 'off') and d.status = 'COMPLETED'
		join public.document_pages g on g.org_id = o.id and g.document_id = d.id and g.page = 1 and g.image is not null
		where o.logo_key = p_key;
end
$$;
select fl_definer_function('logo_show(text)');

create function organization_logo_state() returns table (key text, name text, ready boolean) language plpgsql stable as $$
begin
	return query select o.logo_key, d.name, exists (select from public.logo_show(o.logo_key)) from public.organizations o
		join public.documents d on d.org_id = o.id and d.id = o.logo_document_id where o.id = public.fl_org();
end
$$;
select fl_definer_function('organization_logo_state()');
