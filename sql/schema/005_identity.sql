-- Identity: sign-in, sessions, organisations and people, keys.

-- app.use: any signed-in member; the rest as its name says.
select fl_grant('app.use', 'owner admin operator pm member viewer user client platform_admin none');
select fl_grant('org.manage', 'owner admin');
select fl_grant('platform.admin', 'platform_admin');

create table api_keys (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null,
	role text not null,
	token_hash bytea not null unique,
	created_by uuid,
	created_at timestamptz not null default now(),
	expires_at timestamptz,
	revoked_at timestamptz,
	primary key (org_id, id)
);
select fl_tenant_table('api_keys', 'select');

-- What sign-in needs to know of an address; no row for one that is unknown.
create function fl_sign_in_person(p_email text) returns table (user_id uuid, password_hash text, locked boolean) language plpgsql as $$
begin
	return query select u.id, u.password_hash, coalesce(u.locked_until > now(), false) from public.users u
		where u.email = lower(p_email) and u.disabled_at is null;
end
$$;
select fl_definer_function('fl_sign_in_person(text)');

-- Five in a row lock for a quarter of an hour; then counting begins anew.
create function fl_sign_in_failed(p_user uuid) returns void language plpgsql as $$
begin
	update public.users set failed_sign_ins = 0, locked_until = null where id = p_user and locked_until < now();
	update public.users set failed_sign_ins = failed_sign_ins + 1,
		locked_until = case when failed_sign_ins + 1 >= 5 then coalesce(locked_until, now() + interval '15 minutes') end where id = p_user;
end
$$;
select fl_definer_function('fl_sign_in_failed(uuid)');

-- Makes a session and its principals. A person has ten at most: the one unused for longest goes (TEN-21).
create function fl_sign_in(p_user uuid, p_hash bytea, p_agent text, p_address text, p_request text) returns table (session_id uuid, org_id uuid) language plpgsql as $$
declare
	v_id uuid;
	v_org uuid;
begin
	update public.users set failed_sign_ins = 0, locked_until = null where id = p_user;
	delete from public.sessions s where s.user_id = p_user and (s.expires_at < now() or s.id in
		(select o.id from public.sessions o where o.user_id = p_user order by o.last_seen_at desc offset 9));
	select m.org_id into v_org from public.memberships m where m.user_id = p_user order by m.created_at, m.org_id limit 1;
	insert into public.sessions (token_hash, user_id, active_org_id, ua_hash, address, user_agent)
		values (p_hash, p_user, v_org, sha256(convert_to(p_agent, 'UTF8')), nullif(p_address, '')::inet, p_agent) returning id into v_id;
	perform public.fl_sessions_refresh(p_user);
	if v_org is not null then
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.user_id', p_user::text, true),
			set_config('app.actor', 'user', true), set_config('app.request_id', p_request, true);
		perform public.fl_audit('session.start', 'session', v_id);
	end if;
	return query select v_id, v_org;
end
$$;
select fl_definer_function('fl_sign_in(uuid, bytea, text, text, text)');

create function fl_sign_out(p_hash bytea) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	select id into v_id from public.sessions where token_hash = p_hash;
	if fl_org() is not null then
		perform public.fl_audit('session.end', 'session', v_id);
	end if;
	delete from public.sessions where token_hash = p_hash;
	return v_id;
end
$$;
select fl_definer_function('fl_sign_out(bytea)');

create function fl_my_orgs() returns table (id uuid, name text, role text, current boolean) language plpgsql stable as $$
begin
	return query select o.id, o.name, m.role, o.id = public.fl_org() from public.memberships m join public.organizations o on o.id = m.org_id
		where m.user_id = public.fl_user() and o.suspended_at is null order by o.name, o.id;
end
$$;
select fl_definer_function('fl_my_orgs()');

-- Makes p_org the organisation of this session; FL403 unless the person is a member.
create function fl_switch_org(p_hash bytea, p_org uuid) returns table (org_id uuid, name text) language plpgsql as $$
begin
	if not exists (select from public.principals p where p.token_hash = p_hash and p.org_id = p_org) then
		perform public.fl_fail('FL403', 'error.not_member', 'org_id');
	end if;
	update public.sessions s set active_org_id = p_org where s.token_hash = p_hash;
	update public.principals p set active = p.org_id = p_org where p.token_hash = p_hash;
	return query select o.id, o.name from public.organizations o where o.id = p_org;
end
$$;
select fl_definer_function('fl_switch_org(bytea, uuid)');

create function fl_me() returns table (name text, email text, phone text, preferred_language text, zone text, theme text, single_keys boolean) language plpgsql stable as $$
begin
	return query select u.name, u.email, u.phone, u.preferred_language, u.zone, u.theme, u.single_keys from public.users u where u.id = public.fl_user();
end
$$;
select fl_definer_function('fl_me()');

create function fl_me_update(p_name text, p_phone text, p_language text, p_zone text, p_theme text, p_keys boolean) returns table (id uuid) language plpgsql as $$
begin
	if p_zone is not null and not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform public.fl_fail('FL422', 'wrong.zone', 'zone');
	end if;
	update public.users u set name = p_name, phone = p_phone, preferred_language = p_language, zone = p_zone, theme = p_theme, single_keys = p_keys,
		updated_at = now() where u.id = public.fl_user();
	update public.memberships m set name = p_name, updated_at = now() where m.user_id = public.fl_user();
	perform public.fl_sessions_refresh(public.fl_user());
	return query select public.fl_user();
end
$$;
select fl_definer_function('fl_me_update(text, text, text, text, text, boolean)');

-- For the command line, which acts as the owner role.
create function fl_org_add(p_slug text, p_name text, p_language text, p_zone text, p_currency text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	insert into public.organizations (slug, name, default_language, zone, currency) values (p_slug, p_name, p_language, p_zone, p_currency) returning id into v_id;
	perform set_config('app.current_org_id', v_id::text, true), set_config('app.actor', 'system', true);
	perform public.fl_audit('org.add', 'organization', v_id, jsonb_build_object('slug', p_slug));
	return v_id;
end
$$;
select fl_definer_function('fl_org_add(text, text, text, text, text)', 'fl_owner');

create function fl_orgs_list() returns table (id uuid, slug text, name text, people bigint, suspended_at timestamptz) language plpgsql stable as $$
begin
	return query select o.id, o.slug, o.name, (select count(*) from public.memberships m where m.org_id = o.id), o.suspended_at
		from public.organizations o order by o.slug;
end
$$;
select fl_definer_function('fl_orgs_list()', 'fl_owner, fl_sweep');

-- Adds the person if the address is new, and the membership; a new password replaces the old one.
create function fl_user_add(p_email text, p_name text, p_hash text, p_org text, p_role text, p_admin boolean) returns uuid language plpgsql as $$
declare
	v_user uuid;
	v_org uuid;
begin
	insert into public.users as u (email, name, password_hash, platform_role)
		values (lower(p_email), p_name, p_hash, case when p_admin then 'platform_admin' else 'none' end)
		on conflict (email) do update set name = excluded.name, password_hash = excluded.password_hash, updated_at = now(),
			platform_role = case when p_admin then 'platform_admin' else u.platform_role end
		returning id into v_user;
	if p_org is not null then
		select id into v_org from public.organizations where slug = p_org;
		if v_org is null then
			perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
		end if;
		insert into public.memberships as m (org_id, user_id, role, name, email) values (v_org, v_user, p_role, p_name, lower(p_email))
			on conflict (org_id, user_id) do update set role = excluded.role, name = excluded.name, updated_at = now();
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		perform public.fl_audit('member.add', 'user', v_user, jsonb_build_object('role', p_role));
	end if;
	-- A new password ends what the old one opened (TEN-15).
	delete from public.sessions where user_id = v_user;
	return v_user;
end
$$;
select fl_definer_function('fl_user_add(text, text, text, text, text, boolean)', 'fl_owner');

create function fl_key_add(p_org text, p_name text, p_role text, p_hash bytea, p_days bigint) returns uuid language plpgsql as $$
declare
	o public.organizations;
	v_id uuid;
	v_expires timestamptz := case when p_days > 0 then now() + make_interval(days => p_days::int) end;
begin
	select * into o from public.organizations where slug = p_org;
	if o.id is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	insert into public.api_keys (org_id, name, role, token_hash, expires_at) values (o.id, p_name, p_role, p_hash, v_expires) returning id into v_id;
	insert into public.principals (token_hash, org_id, kind, subject_id, role, rights, user_name, org_name, zone, locale, expires_at)
		values (p_hash, o.id, 'key', v_id, p_role, public.fl_rights(p_role), p_name, o.name, o.zone, o.default_language, v_expires);
	perform set_config('app.current_org_id', o.id::text, true), set_config('app.actor', 'system', true);
	perform public.fl_audit('key.add', 'key', v_id, jsonb_build_object('name', p_name, 'role', p_role));
	return v_id;
end
$$;
select fl_definer_function('fl_key_add(text, text, text, bytea, bigint)', 'fl_owner');

-- What the cards say of events, written by `fairlead migrate`.
create function fl_event_type_set(p_type text, p_version text, p_required text, p_optional text) returns void language plpgsql as $$
begin
	insert into event_types (type, version, required, optional) values (p_type, p_version, array_remove(string_to_array(p_required, ' '), ''),
			array_remove(string_to_array(p_optional, ' '), ''))
		on conflict (type, version) do update set required = excluded.required, optional = excluded.optional;
	update event_types set current = version = p_version where type = p_type;
end
$$;
create function fl_event_listener_set(p_type text, p_consumer text, p_queue text, p_kind text) returns void language plpgsql as $$
begin
	insert into event_listeners (type, consumer, queue, kind) values (p_type, p_consumer, p_queue, p_kind)
		on conflict (type, consumer) do update set queue = excluded.queue, kind = excluded.kind;
end
$$;
