-- Who may have what erased.

-- Erasure is asked for by who has just proven a password, and who types what the page asks for.
create function privacy_confirmed(p_typed text, p_wanted text) returns void language plpgsql as $$
begin
	if lower(btrim(coalesce(p_typed, ''))) <> lower(btrim(p_wanted)) then
		perform public.fl_fail('FL422', 'wrong.confirm', 'confirm');
	end if;
end
$$;

-- The organisations that would be left without an owner.
create function privacy_owned() returns table (name text) language sql stable as $$
	select o.name from public.memberships m join public.organizations o on o.id = m.org_id
	where m.user_id = public.fl_user() and m.role = 'owner'
		and not exists (select from public.memberships x where x.org_id = m.org_id and x.role = 'owner' and x.user_id <> m.user_id)
$$;
select fl_definer_function('privacy_owned()');

-- The account is closed at once, in the same transaction: no session, no key, no sign-in.
create function privacy_erase_me(p_hash bytea, p_confirm text) returns table (id uuid, token text) language plpgsql as $$
declare
	v_token text := public.privacy_token();
	v_id uuid;
begin
	perform public.account_recent(p_hash);
	perform public.privacy_confirmed(p_confirm, (select u.email from public.users u where u.id = public.fl_user()));
	if exists (select from public.privacy_owned()) then
		perform public.fl_fail('FL409', 'wrong.sole_owner', 'confirm');
	end if;
	v_id := public.privacy_order('erase', 'person', public.fl_user(), null, null, false, sha256(convert_to(v_token, 'UTF8')));
	update public.users u set disabled_at = now(), disabled_reason = 'erased' where u.id = public.fl_user();
	delete from public.sessions s where s.user_id = public.fl_user();
	return query select v_id, v_token;
end
$$;
select fl_definer_function('privacy_erase_me(bytea, text)');

create function privacy_erase_org(p_hash bytea, p_confirm text, p_when text) returns table (id uuid, token text) language plpgsql as $$
declare
	v_token text := public.privacy_token();
	v_id uuid;
begin
	perform public.account_recent(p_hash);
	perform public.privacy_confirmed(p_confirm, (select o.slug from public.organizations o where o.id = public.fl_org()));
	v_id := public.privacy_order('erase', 'organization', public.fl_org(), public.fl_org(), case when p_when = 'week' then now() + interval '7 days' end, false,
		sha256(convert_to(v_token, 'UTF8')));
	perform public.account_notice(m.user_id, case when p_when = 'week' then 'erase_asked' else 'erase_now' end) from public.memberships m
		where m.org_id = public.fl_org() and m.role = 'owner';
	return query select v_id, v_token;
end
$$;
select fl_definer_function('privacy_erase_org(bytea, text, text)');

create function privacy_keep_org() returns table (id uuid) language plpgsql as $$
declare
	v_id uuid;
begin
	update public.privacy_orders o set state = 'cancelled', ended_at = now(), updated_at = now()
		where o.what = 'erase' and o.subject_id = public.fl_org() and o.state = 'waiting' returning o.id into v_id;
	if v_id is null then
		if exists (select from public.privacy_orders o where o.what = 'erase' and o.subject_id = public.fl_org() and o.state = 'working') then
			perform public.fl_fail('FL409', 'wrong.erase_late');
		end if;
		return;
	end if;
	perform public.privacy_note(public.fl_org(), 'privacy.cancelled', v_id);
	perform public.account_notice(m.user_id, 'erase_kept') from public.memberships m where m.org_id = public.fl_org() and m.role = 'owner';
	return query select v_id;
end
$$;
select fl_definer_function('privacy_keep_org()');

create function privacy_erase_contact(p_hash bytea, p_id uuid, p_confirm text, p_documents boolean) returns table (id uuid, token text) language plpgsql as $$
declare
	v_token text := public.privacy_token();
	v_id uuid;
	v_typed text := (select coalesce(c.email, nullif(c.name, ''), c.phone, '') from public.contacts c where c.org_id = public.fl_org() and c.id = p_id);
begin
	if v_typed is null then
		return;
	end if;
	perform public.account_recent(p_hash);
	perform public.privacy_confirmed(p_confirm, v_typed);
	v_id := public.privacy_order('erase', 'contact', p_id, public.fl_org(), null, coalesce(p_documents, false), sha256(convert_to(v_token, 'UTF8')));
	return query select v_id, v_token;
end
$$;
select fl_definer_function('privacy_erase_contact(bytea, uuid, text, boolean)');

-- What a page tells before a contact is erased.
create function privacy_contact(p_id uuid) returns table (id uuid, name text, typed text, documents bigint) language plpgsql stable as $$
declare
	c public.contacts;
	w jsonb;
begin
	select * into c from public.contacts x where x.org_id = public.fl_org() and x.id = p_id;
	if c.id is null then
		return;
	end if;
	w := public.privacy_words(c.id, array[coalesce(c.email, '')], array[coalesce(c.phone, '')], array[c.name]);
	return query select c.id, coalesce(nullif(c.name, ''), c.email, c.phone, ''), coalesce(c.email, nullif(c.name, ''), c.phone, ''),
		(select count(*) from public.documents d where d.org_id = c.org_id and (public.privacy_hit(d.name, w)
			or exists (select from public.document_pages g where g.org_id = d.org_id and g.document_id = d.id and public.privacy_hit(g.body, w))));
end
$$;
select fl_definer_function('privacy_contact(uuid)');

-- Anybody with the link: no personal data is in it.
create function privacy_certificate(p_token text) returns table (id uuid, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, hash text,
	certificate text) language sql stable as $$
	select o.id, o.subject, o.state, o.created_at, o.begins_at, o.ended_at, o.hash, o.certificate::text from public.privacy_orders o
	where o.what = 'erase' and o.token_hash = sha256(convert_to(p_token, 'UTF8'))
$$;
create function privacy_certified(p_token text) returns table (name text, did text, rows bigint) language sql stable as $$
	select d ->> 'table', d ->> 'did', (d ->> 'rows')::bigint from public.privacy_orders o, jsonb_array_elements(o.certificate -> 'did') d
	where o.what = 'erase' and o.token_hash = sha256(convert_to(p_token, 'UTF8')) order by 2, 1
$$;
select fl_definer_function('privacy_certificate(text)'), fl_definer_function('privacy_certified(text)');
