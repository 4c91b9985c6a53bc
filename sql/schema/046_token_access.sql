-- Access tokens (15 minutes) and what renews them. A family of refresh tokens hangs on the session it was started from and dies with it
-- (TEN-17); its tokens are used once each, and one used twice kills the family (TEN-25).

create table refresh_tokens (
	token_hash bytea primary key,
	family uuid not null,
	session_id uuid not null references sessions on delete cascade,
	active_org_id uuid not null, -- the nil uuid for a person without an organisation
	ua_hash bytea not null,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null default now() + interval '7 days',
	used_at timestamptz
);
create index refresh_tokens_family on refresh_tokens (family);
create index refresh_tokens_session on refresh_tokens (session_id);
grant select, insert, update, delete on refresh_tokens to fl_definer;

-- The principal of an access token: the session's of that organisation, without what administrators of the platform may.
create function fl_access_principal(p_session uuid, p_org uuid, p_family uuid, p_hash bytea) returns table (user_id uuid, org_id uuid, org_role text)
	language plpgsql as $$
begin
	delete from public.principals p where p.kind = 'access' and p.session_id = p_session and p.expires_at < now();
	return query insert into public.principals as n (token_hash, org_id, kind, user_id, session_id, subject_id, role, rights, user_name, org_name, zone, locale,
			theme, single_keys, expires_at)
		select p_hash, p.org_id, 'access', p.user_id, p.session_id, p_family, p.role,
			case when p.admin then public.fl_rights(case when p.org_name = '' then 'none' else p.role end) else p.rights end,
			p.user_name, p.org_name, p.zone, p.locale, p.theme, p.single_keys, now() + interval '15 minutes'
		from public.principals p where p.session_id = p_session and p.kind = 'session' and p.org_id = p_org and (p.expires_at is null or p.expires_at > now())
		returning n.user_id, n.org_id, n.role;
end
$$;
select fl_definer_function('fl_access_principal(uuid, uuid, uuid, bytea)', 'fl_definer');

create function fl_token_audit(p_action text, p_org uuid, p_user uuid, p_family uuid, p_request text) returns void language plpgsql as $$
begin
	if p_org <> '00000000-0000-0000-0000-000000000000' then
		perform set_config('app.current_org_id', p_org::text, true), set_config('app.user_id', p_user::text, true), set_config('app.actor', 'user', true),
			set_config('app.request_id', p_request, true);
		perform public.fl_audit(p_action, 'session', p_family);
	end if;
end
$$;
select fl_definer_function('fl_token_audit(text, uuid, uuid, uuid, text)', 'fl_definer');

-- Starts a family from a running session, in the organisation named, else its active one. No row: there is no such session or membership.
create function token_start(p_session bytea, p_org uuid, p_principal bytea, p_refresh bytea, p_agent text, p_request text)
	returns table (user_id uuid, org_id uuid, org_role text) language plpgsql as $$
declare
	s public.principals;
	v_family uuid := public.fl_uuid();
begin
	select * into s from public.principals p where p.token_hash = p_session and p.kind = 'session' and p.expires_at > now()
		and (p.org_id = p_org or p_org is null and p.active);
	if s.token_hash is null then
		return;
	end if;
	insert into public.refresh_tokens (token_hash, family, session_id, active_org_id, ua_hash)
		values (p_refresh, v_family, s.session_id, s.org_id, sha256(convert_to(p_agent, 'UTF8')));
	perform public.fl_token_audit('token.start', s.org_id, s.user_id, v_family, p_request);
	return query select * from public.fl_access_principal(s.session_id, s.org_id, v_family, p_principal);
end
$$;
select fl_definer_function('token_start(bytea, uuid, bytea, bytea, text, text)');

-- Ends a family: nothing renews it, its access tokens open nothing.
create function fl_family_end(p_family uuid) returns void language plpgsql as $$
begin
	delete from public.principals p where p.kind = 'access' and p.subject_id = p_family
		and p.session_id in (select t.session_id from public.refresh_tokens t where t.family = p_family);
	delete from public.refresh_tokens t where t.family = p_family and t.used_at is null;
end
$$;
select fl_definer_function('fl_family_end(uuid)', 'fl_definer');

-- Takes a refresh token for a new pair. No row: unknown, expired, of another client, or used before; the last ends its family. What was used
-- stays until it would have expired, so that its second use is known for what it is.
create function token_refresh(p_old bytea, p_principal bytea, p_refresh bytea, p_agent text, p_request text)
	returns table (user_id uuid, org_id uuid, org_role text) language plpgsql as $$
declare
	t public.refresh_tokens;
	v_user uuid;
begin
	select * into t from public.refresh_tokens r where r.token_hash = p_old and r.expires_at > now() for update;
	if t.token_hash is null or t.ua_hash <> sha256(convert_to(p_agent, 'UTF8')) then
		return;
	end if;
	select s.user_id into v_user from public.sessions s where s.id = t.session_id;
	if t.used_at is not null then
		perform public.fl_family_end(t.family);
		perform public.fl_token_audit('token.reused', t.active_org_id, v_user, t.family, p_request);
		return;
	end if;
	update public.refresh_tokens r set used_at = now() where r.token_hash = p_old;
	delete from public.refresh_tokens r where r.session_id = t.session_id and r.expires_at < now();
	insert into public.refresh_tokens (token_hash, family, session_id, active_org_id, ua_hash) values (p_refresh, t.family, t.session_id, t.active_org_id, t.ua_hash);
	update public.sessions s set last_seen_at = now(), expires_at = now() + interval '30 days' where s.id = t.session_id;
	update public.principals p set expires_at = now() + interval '30 days' where p.session_id = t.session_id and p.kind = 'session';
	return query select * from public.fl_access_principal(t.session_id, t.active_org_id, t.family, p_principal);
end
$$;
select fl_definer_function('token_refresh(bytea, bytea, bytea, text, text)');

-- Ends the session a token belongs to, whichever kind of token it is; its access and refresh tokens go with it.
create or replace function fl_sign_out(p_hash bytea) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	select p.session_id into v_id from public.principals p where p.token_hash = p_hash limit 1;
	if public.fl_org() is not null and v_id is not null then
		perform public.fl_audit('session.end', 'session', v_id);
	end if;
	delete from public.sessions s where s.id = v_id;
	return v_id;
end
$$;
select fl_definer_function('fl_sign_out(bytea)');

-- A service's token for five minutes (TEN-26).
create function service_token_add(p_org text, p_principal bytea) returns table (org_id uuid) language plpgsql as $$
declare
	o public.organizations;
begin
	select * into o from public.organizations x where x.slug = p_org and x.suspended_at is null;
	if o.id is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	delete from public.principals p where p.org_id = o.id and p.kind = 'service' and p.expires_at < now();
	insert into public.principals (token_hash, org_id, kind, role, rights, user_name, org_name, zone, locale, expires_at)
		values (p_principal, o.id, 'service', 'service', public.fl_rights('service'), 'service', o.name, o.zone, o.default_language, now() + interval '5 minutes');
	perform set_config('app.current_org_id', o.id::text, true), set_config('app.actor', 'system', true);
	perform public.fl_audit('token.service', 'organization', o.id);
	return query select o.id;
end
$$;
select fl_definer_function('service_token_add(text, bytea)', 'fl_owner');
