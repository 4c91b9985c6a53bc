-- As in 005. What the command line is given is looked at before it is kept: a zone nobody knows, a language without words, a role without rights.
create or replace function fl_org_add(p_slug text, p_name text, p_language text, p_zone text, p_currency text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	if not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform public.fl_fail('FL422', 'no time zone has the name ' || p_zone);
	elsif p_language not in ('en', 'es') then
		perform public.fl_fail('FL422', 'the language is en or es');
	end if;
	insert into public.organizations (slug, name, default_language, zone, currency) values (p_slug, p_name, p_language, p_zone, p_currency) returning id into v_id;
	perform set_config('app.current_org_id', v_id::text, true), set_config('app.actor', 'system', true);
	perform public.fl_audit('org.add', 'organization', v_id, jsonb_build_object('slug', p_slug));
	return v_id;
end
$$;
select fl_definer_function('fl_org_add(text, text, text, text, text)', 'fl_owner');

create or replace function fl_key_add(p_org text, p_name text, p_role text, p_hash bytea, p_days bigint) returns uuid language plpgsql as $$
declare
	o public.organizations;
	v_id uuid;
	v_expires timestamptz := case when p_days > 0 then now() + make_interval(days => p_days::int) end;
begin
	select * into o from public.organizations where slug = p_org;
	if o.id is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	if p_role not in ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client', 'agent', 'service') then
		perform public.fl_fail('FL422', 'no role has the name ' || p_role);
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
