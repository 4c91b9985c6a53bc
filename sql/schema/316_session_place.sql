-- As in 272: of a session's networks the first and the newest are kept, access tokens stand behind the same door, and who is blocked refreshes nothing.

-- Notes a network a session was not seen in lately. Twenty are kept: the first, and the newest of the others; all are in the audit.
create or replace function session_seen(p_session uuid, p_address inet, p_request text) returns void language plpgsql as $$
declare
	s public.sessions;
	v_org uuid;
begin
	update public.sessions x set networks = case when cardinality(x.networks) < 20 then x.networks else x.networks[1:1] || x.networks[3:] end || public.place_of(p_address)
		where x.id = p_session and not (p_address <<= any (x.networks)) returning * into s;
	v_org := coalesce(s.active_org_id, (select m.org_id from public.memberships m where m.user_id = s.user_id order by m.created_at, m.org_id limit 1));
	if v_org is not null then
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.user_id', s.user_id::text, true), set_config('app.actor', 'user', true),
			set_config('app.request_id', p_request, true);
		perform public.fl_audit('session.moved', 'session', s.id, jsonb_build_object('from', s.networks[1], 'to', public.place_of(p_address)));
	end if;
end
$$;
select fl_definer_function('session_seen(uuid, inet, text)', 'fl_definer');

-- Before anything else of a request: is this address blocked, and may this session, or the one of this access token, be used from it?
create or replace function door_check(p_address text, p_hash bytea, p_strict boolean, p_request text) returns void language plpgsql as $$
declare
	v_address inet := nullif(p_address, '')::inet;
	v_id uuid;
	v_networks cidr[];
begin
	perform public.address_check(p_address);
	select s.id, s.networks into v_id, v_networks from public.principals p join public.sessions s on s.id = p.session_id where p.token_hash = p_hash limit 1;
	if v_networks is null or v_address is null or v_address <<= v_networks[1] then
		return;
	elsif p_strict then
		perform public.fl_fail('FL401', 'error.other_network');
	elsif not (v_address <<= any (v_networks)) then
		perform public.session_seen(v_id, v_address, p_request);
	end if;
end
$$;
select fl_definer_function('door_check(text, bytea, boolean, text)');

-- What strict refused is noted as well, in a transaction of its own.
create or replace function session_refused(p_address text, p_hash bytea, p_request text) returns void language sql as $$
	select public.session_seen(s.id, p_address::inet, p_request) from public.sessions s
		where s.id = (select p.session_id from public.principals p where p.token_hash = p_hash limit 1) and not (p_address::inet <<= any (s.networks))
$$;
select fl_definer_function('session_refused(text, bytea, text)');

-- token_start, behind the same door as a page.
create function token_start_here(p_session bytea, p_org uuid, p_principal bytea, p_refresh bytea, p_agent text, p_request text, p_address text, p_strict boolean)
	returns table (user_id uuid, org_id uuid, org_role text) language plpgsql as $$
begin
	perform public.door_check(p_address, p_session, p_strict, p_request);
	return query select * from public.token_start(p_session, p_org, p_principal, p_refresh, p_agent, p_request);
end
$$;
select fl_definer_function('token_start_here(bytea, uuid, bytea, bytea, text, text, text, boolean)');

-- token_refresh, for who asks from where its session may be used. Refused by strict it is as an unknown one, and still good where it belongs.
create or replace function token_refresh_here(p_old bytea, p_principal bytea, p_refresh bytea, p_agent text, p_request text, p_address text, p_strict boolean)
	returns table (user_id uuid, org_id uuid, org_role text) language plpgsql as $$
declare
	v_address inet := nullif(p_address, '')::inet;
	v_id uuid;
	v_networks cidr[];
begin
	perform public.address_check(p_address);
	select s.id, s.networks into v_id, v_networks from public.refresh_tokens r join public.sessions s on s.id = r.session_id
		where r.token_hash = p_old and r.expires_at > now() and r.ua_hash = sha256(convert_to(p_agent, 'UTF8'));
	if not (v_address <<= any (v_networks)) then
		perform public.session_seen(v_id, v_address, p_request);
	end if;
	if not p_strict or v_networks is null or v_address <<= v_networks[1] then
		return query select * from public.token_refresh(p_old, p_principal, p_refresh, p_agent, p_request);
	end if;
end
$$;
select fl_definer_function('token_refresh_here(bytea, bytea, bytea, text, text, text, boolean)');
