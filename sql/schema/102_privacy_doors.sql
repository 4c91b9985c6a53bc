-- Who may ask for what. Every order is audited when it is asked for, and a notice goes to whom it concerns.

-- A new order; the one that is open is answered in its place.
create function privacy_order(p_what text, p_subject text, p_id uuid, p_org uuid, p_begins timestamptz, p_documents boolean, p_token bytea) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	perform pg_advisory_xact_lock(hashtextextended('privacy' || p_what || p_id, 0));
	select o.id into v_id from public.privacy_orders o where o.what = p_what and o.subject_id = p_id and o.state in ('waiting', 'working', 'packing');
	if v_id is not null then
		if p_what = 'erase' then
			perform public.fl_fail('FL409', 'wrong.erasing');
		end if;
		return v_id;
	end if;
	if p_what = 'export' and (select count(*) from public.privacy_orders o where o.what = 'export' and o.subject_id = p_id and o.created_at > now() - interval '1 day') >= 5 then
		perform public.fl_fail('FL429', 'wrong.exports_many');
	end if;
	insert into public.privacy_orders (what, subject, subject_id, org_id, asked_by, begins_at, documents, token_hash)
		values (p_what, p_subject, p_id, p_org, public.fl_user(), coalesce(p_begins, now()), p_documents, p_token) returning id into v_id;
	perform public.privacy_note(p_org, 'privacy.' || p_what, v_id, jsonb_build_object('subject', p_subject, 'subject_id', p_id, 'begins_at', coalesce(p_begins, now())));
	perform public.privacy_enqueue('privacy.' || p_what, v_id, p_begins);
	return v_id;
end
$$;
select fl_definer_function('privacy_order(text, text, uuid, uuid, timestamptz, boolean, bytea)', 'fl_definer');

-- A random token of 128 bits or more, as it stands in links.
create function privacy_token() returns text language sql volatile as $$
	select translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_')
$$;

create function privacy_export_me(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	return query select public.privacy_order('export', 'person', public.fl_user(), null, null, false, null);
end
$$;
-- A key with the right of an owner may ask too: it has no password to prove.
create function privacy_export_org(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	if exists (select from public.principals p where p.token_hash = p_hash and p.kind = 'session') then
		perform public.account_recent(p_hash);
	end if;
	return query select public.privacy_order('export', 'organization', public.fl_org(), public.fl_org(), null, false, null);
end
$$;
create function privacy_export_contact(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	if exists (select from public.contacts c where c.org_id = public.fl_org() and c.id = p_id) then
		return query select public.privacy_order('export', 'contact', p_id, public.fl_org(), null, false, null);
	end if;
end
$$;
select fl_definer_function('privacy_export_me(bytea)'), fl_definer_function('privacy_export_org(bytea)'), fl_definer_function('privacy_export_contact(uuid)');

-- Orders the caller may see: his own; an owner or administrator those of the organisation.
create function privacy_seen(p_subject text) returns table (id uuid, what text, subject text, subject_id uuid, state text, created_at timestamptz, begins_at timestamptz,
	ended_at timestamptz, expires_at timestamptz, size_bytes bigint, hash text, steps bigint, steps_done bigint, rows bigint, contact text) language sql stable as $$
	select o.id, o.what, o.subject, o.subject_id, o.state, o.created_at, o.begins_at, o.ended_at, o.expires_at, o.size_bytes, o.hash, s.n, s.done, s.rows,
		(select c.name from public.contacts c where o.subject = 'contact' and c.org_id = o.org_id and c.id = o.subject_id)
	from public.privacy_orders o, lateral (select count(*) as n, count(t.ended_at) as done, coalesce(sum(t.rows), 0)::bigint as rows from public.privacy_steps t
			where t.order_id = o.id) s
	where case p_subject when 'person' then o.subject = 'person' and o.subject_id = public.fl_user()
		else o.org_id = public.fl_org() and ((o.subject = 'organization' and public.fl_can('org.own')) or (o.subject = 'contact' and public.fl_can('privacy.manage'))) end
	order by o.id desc limit 50
$$;
select fl_definer_function('privacy_seen(text)');

-- A link to an archive that holds for a quarter of an hour and for as many tries: whoever has it needs nothing else, so that a program can fetch it.
create function privacy_link(p_id uuid, p_subject text) returns table (id uuid, token text, until timestamptz) language plpgsql as $$
declare
	v_token text := public.privacy_token();
begin
	if not exists (select from public.privacy_seen(p_subject) s where s.id = p_id and s.what = 'export') then
		return;
	end if;
	update public.privacy_orders o set token_hash = sha256(convert_to(v_token, 'UTF8')), token_until = now() + interval '15 minutes', updated_at = now()
		where o.id = p_id and o.state = 'ready' and o.expires_at > now();
	if not found then
		perform public.fl_fail('FL409', 'wrong.export_gone');
	end if;
	perform public.privacy_note(o.org_id, 'privacy.download', o.id, jsonb_build_object('hash', o.hash)) from public.privacy_orders o where o.id = p_id;
	return query select p_id, v_token, now() + interval '15 minutes';
end
$$;
select fl_definer_function('privacy_link(uuid, text)');

create function privacy_fetch(p_token text) returns table (id uuid, subject text, created_at timestamptz) language sql stable as $$
	select o.id, o.subject, o.created_at from public.privacy_orders o
	where o.token_hash = sha256(convert_to(p_token, 'UTF8')) and o.what = 'export' and o.state = 'ready' and o.token_until > now() and o.expires_at > now()
$$;
select fl_definer_function('privacy_fetch(text)');

-- The command line's way: of an organisation by its short name, of a person by the address.
create function ctl_privacy_export(p_org text, p_email text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	select o.id into v_id from public.organizations o where o.slug = p_org;
	if v_id is not null then
		return public.privacy_order('export', 'organization', v_id, v_id, null, false, null);
	end if;
	select u.id into v_id from public.users u where u.email = lower(p_email);
	if v_id is null then
		perform public.fl_fail('FL404', 'nobody of that name: ' || coalesce(p_org, p_email));
	end if;
	return public.privacy_order('export', 'person', v_id, null, null, false, null);
end
$$;
create function ctl_privacy_look(p_id uuid) returns table (state text, steps bigint, done bigint, rows bigint, hash text) language sql stable as $$
	select o.state, count(s.n), count(s.ended_at), coalesce(sum(s.rows), 0)::bigint, o.hash from public.privacy_orders o left join public.privacy_steps s on s.order_id = o.id
	where o.id = p_id group by o.id
$$;
select fl_definer_function('ctl_privacy_export(text, text)', 'fl_owner'), fl_definer_function('ctl_privacy_look(uuid)', 'fl_owner');
