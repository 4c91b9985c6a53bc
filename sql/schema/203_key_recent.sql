-- A key is as good as a password for as long as it lives: whoever makes one gives his password again (ASVS 7.5.1).

-- For the page of a new key, so that it is asked for before the form is filled in.
create function key_recent(p_hash bytea) returns boolean language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	return true;
end
$$;
select fl_definer_function('key_recent(bytea)');

-- As in 045.
create or replace function key_make(p_hash bytea, p_owner text, p_name text, p_role text, p_scopes jsonb, p_days bigint)
	returns table (id uuid, name text, secret text, expires_at timestamptz) language plpgsql as $$
declare
	v_secret text := 'fl_' || rtrim(translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=');
	v_user uuid := case when p_owner = 'person' then public.fl_user() end;
	v_role text := coalesce(case when p_owner = 'person' then public.fl_role() end, p_role, 'member');
	v_scopes text[] := case when jsonb_array_length(p_scopes) > 0 then array(select jsonb_array_elements_text(p_scopes)) end;
	k public.api_keys;
begin
	perform public.key_maker(p_hash), public.account_recent(p_hash);
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
