-- Machines: keys made in the settings, access tokens with their refresh tokens, service tokens. All are rows of principals.

alter table api_keys add column user_id uuid, -- whose personal key it is; null: the organisation's
	add column hint text not null default '', -- its first characters, to tell keys apart
	add column scopes text[]; -- permissions it is cut down to; null: all of the role
create index api_keys_user on api_keys (user_id) where user_id is not null;

-- The rights of a key: those of the role, cut down to its scopes. app.use only says that somebody is there.
create function fl_key_rights(p_role text, p_scopes text[]) returns text language sql stable as $$
	select ' ' || coalesce(string_agg(permission, ' '), '') || ' ' from public.role_permissions
		where role = p_role and (p_scopes is null or permission = any(p_scopes) or permission = 'app.use')
$$;

-- Writes the principal of a key anew, or takes it away when the key is ended, its person gone or its organisation suspended. A personal key
-- has the role its person has now.
create function fl_key_principal(p_id uuid) returns void language plpgsql as $$
declare
	k public.api_keys;
	o public.organizations;
	u public.users;
	v_role text;
begin
	select * into k from public.api_keys a where a.id = p_id;
	select * into o from public.organizations x where x.id = k.org_id;
	v_role := k.role;
	if k.user_id is not null then
		select * into u from public.users x where x.id = k.user_id and x.disabled_at is null;
		select m.role into v_role from public.memberships m where m.org_id = k.org_id and m.user_id = u.id;
	end if;
	if v_role is null or k.revoked_at is not null or o.suspended_at is not null then
		delete from public.principals p where p.token_hash = k.token_hash;
		return;
	end if;
	insert into public.principals as p (token_hash, org_id, kind, user_id, subject_id, role, rights, user_name, org_name, zone, locale, last_seen_at, expires_at)
		values (k.token_hash, k.org_id, 'key', u.id, k.id, v_role, public.fl_key_rights(v_role, k.scopes), coalesce(u.name, k.name), o.name,
			coalesce(u.zone, o.zone), coalesce(u.preferred_language, o.default_language), 'epoch', k.expires_at)
		on conflict (token_hash, org_id) do update set role = excluded.role, rights = excluded.rights, user_name = excluded.user_name,
			org_name = excluded.org_name, zone = excluded.zone, locale = excluded.locale;
end
$$;
select fl_definer_function('fl_key_principal(uuid)', 'fl_definer');

create or replace function fl_rights_refresh() returns void language plpgsql as $$
begin
	update public.principals p set rights = public.fl_rights(p.role, p.admin) where p.kind <> 'key' and p.rights <> public.fl_rights(p.role, p.admin);
	perform public.fl_key_principal(k.id) from public.api_keys k where k.revoked_at is null;
end
$$;
select fl_definer_function('fl_rights_refresh()', 'fl_owner');

-- A role, a person or an organisation changed: keys and access tokens follow at once (ROL-12).
create function principals_follow_member() returns trigger language plpgsql as $$
begin
	perform public.fl_key_principal(k.id) from public.api_keys k where k.org_id = old.org_id and k.user_id = old.user_id;
	if tg_op = 'DELETE' then
		delete from public.principals p where p.user_id = old.user_id and p.org_id = old.org_id and p.kind = 'access';
	else
		update public.principals p set role = new.role, rights = public.fl_rights(new.role)
			where p.user_id = old.user_id and p.org_id = old.org_id and p.kind = 'access';
	end if;
	return null;
end
$$;
select fl_definer_function('principals_follow_member()');
create trigger principals_follow_role after update of role on memberships for each row when (old.role <> new.role) execute function principals_follow_member();
create trigger principals_follow_leave after delete on memberships for each row execute function principals_follow_member();

create function principals_follow_user() returns trigger language plpgsql as $$
begin
	perform public.fl_key_principal(k.id) from public.api_keys k where k.user_id = new.id;
	if new.disabled_at is not null then
		delete from public.principals p where p.user_id = new.id and p.kind = 'access';
	end if;
	return null;
end
$$;
select fl_definer_function('principals_follow_user()');
create trigger principals_follow after update of disabled_at on users for each row when (old.disabled_at is distinct from new.disabled_at)
	execute function principals_follow_user();

create function principals_follow_org() returns trigger language plpgsql as $$
begin
	perform public.fl_key_principal(k.id) from public.api_keys k where k.org_id = new.id and k.revoked_at is null;
	if new.suspended_at is not null then
		delete from public.principals p where p.org_id = new.id and p.kind in ('access', 'service');
	end if;
	return null;
end
$$;
select fl_definer_function('principals_follow_org()');
create trigger principals_follow after update of suspended_at on organizations for each row when (old.suspended_at is distinct from new.suspended_at)
	execute function principals_follow_org();

-- Only a person in a session makes keys: a key that leaked could otherwise make itself another.
create function key_maker(p_hash bytea) returns void language plpgsql as $$
begin
	if public.fl_org() is null or not exists (select from public.principals p where p.token_hash = p_hash and p.org_id = public.fl_org() and p.kind = 'session') then
		perform public.fl_fail('FL403', 'error.key_by_machine');
	end if;
end
$$;
select fl_definer_function('key_maker(bytea)');

-- Makes a key and answers its text, this once. Its rights are never above the maker's.
create function key_make(p_hash bytea, p_owner text, p_name text, p_role text, p_scopes jsonb, p_days bigint)
	returns table (id uuid, name text, secret text, expires_at timestamptz) language plpgsql as $$
declare
	v_secret text := 'fl_' || rtrim(translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=');
	v_user uuid := case when p_owner = 'person' then public.fl_user() end;
	v_role text := coalesce(case when p_owner = 'person' then public.fl_role() end, p_role, 'member');
	v_scopes text[] := case when jsonb_array_length(p_scopes) > 0 then array(select jsonb_array_elements_text(p_scopes)) end;
	k public.api_keys;
begin
	perform public.key_maker(p_hash);
	if v_user is null and not public.fl_can('org.manage') then
		perform public.fl_fail('FL422', 'wrong.key_owner', 'owner');
	elsif exists (select from unnest(v_scopes) s where not exists (select from public.role_permissions r where r.role = v_role and r.permission = s)) then
		perform public.fl_fail('FL422', 'wrong.key_scope', 'scopes');
	elsif exists (select from unnest(string_to_array(btrim(public.fl_key_rights(v_role, v_scopes)), ' ')) r where not public.fl_can(r)) then
		perform public.fl_fail('FL422', 'wrong.key_role', 'role');
	elsif (select count(*) from public.api_keys a where a.org_id = public.fl_org() and a.revoked_at is null and a.expires_at > now()
			and a.user_id is not distinct from v_user) >= 50 then
		perform public.fl_fail('FL422', 'wrong.key_many', 'name');
	end if;
	insert into public.api_keys (org_id, name, role, token_hash, created_by, expires_at, user_id, hint, scopes)
		values (public.fl_org(), p_name, v_role, sha256(convert_to(v_secret, 'UTF8')), public.fl_user(), now() + make_interval(days => p_days::int), v_user,
			left(v_secret, 8), v_scopes) returning * into k;
	perform public.fl_key_principal(k.id);
	perform public.fl_audit('key.add', 'key', k.id, jsonb_build_object('name', k.name, 'role', k.role, 'personal', v_user is not null, 'scopes', v_scopes,
		'expires_at', k.expires_at));
	-- A form sent twice makes one key; the second answer does not show it again.
	perform public.fl_keep(jsonb_build_object('id', k.id, 'name', k.name, 'expires_at', k.expires_at));
	return query select k.id, k.name, v_secret, k.expires_at;
end
$$;
select fl_definer_function('key_make(bytea, text, text, text, jsonb, bigint)');

-- One's own keys; those who manage the organisation see its keys and everybody's.
create function key_list(p_after text, p_limit bigint) returns table (id uuid, name text, personal boolean, of_name text, role text, hint text, scopes text,
	created_at timestamptz, expires_at timestamptz, used_at timestamptz, state text, cursor text) language plpgsql stable as $$
begin
	return query select k.id, k.name, k.user_id is not null, m.name, k.role, k.hint, array_to_string(k.scopes, ' '), k.created_at, k.expires_at,
			nullif(p.last_seen_at, 'epoch'::timestamptz),
			case when k.revoked_at is not null then 'ended' when k.expires_at < now() then 'expired' when p.token_hash is null then 'resting' else 'live' end,
			k.id::text
		from public.api_keys k left join public.principals p on p.token_hash = k.token_hash
			left join public.memberships m on m.org_id = k.org_id and m.user_id = k.user_id
		where k.org_id = public.fl_org() and (k.user_id = public.fl_user() or public.fl_can('org.manage')) and (p_after is null or k.id < p_after::uuid)
		order by k.id desc limit p_limit;
end
$$;
select fl_definer_function('key_list(text, bigint)');

-- Ends a key: one's own, or any of the organisation for those who manage it. No row for any other.
create function key_end(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	k public.api_keys;
begin
	update public.api_keys a set revoked_at = coalesce(a.revoked_at, now()) where a.id = p_id and a.org_id = public.fl_org()
		and (a.user_id = public.fl_user() or public.fl_can('org.manage')) returning * into k;
	if k.id is not null then
		perform public.fl_key_principal(k.id);
		perform public.fl_audit('key.revoke', 'key', k.id, jsonb_build_object('name', k.name));
		return query select k.id;
	end if;
end
$$;
select fl_definer_function('key_end(uuid)');
