-- Where a session is used (X-09, TEN-20, TEN-25): the networks it was seen in, the one it was made in first; IPv4 by /24, IPv6 by /48. Policy `audit` notes each new one
-- once and lets it pass, `strict` lets only the first pass. The check goes with that for blocked addresses, so that it is no statement of its own.

create function place_of(p_address inet) returns cidr language sql immutable as $$
	select network(set_masklen(p_address, case family(p_address) when 6 then 48 else 24 end))::cidr
$$;

alter table sessions add column networks cidr[];
update sessions set networks = array[place_of(address)] where address is not null;

create function session_place() returns trigger language plpgsql as $$
begin
	new.networks := array[public.place_of(new.address)];
	return new;
end
$$;
select fl_definer_function('session_place()');
create trigger place before insert on sessions for each row when (new.address is not null) execute function session_place();

-- Notes a network a session was not seen in before; at most twenty, the others are in the audit already.
create function session_seen(p_session uuid, p_address inet, p_request text) returns void language plpgsql as $$
declare
	s public.sessions;
	v_org uuid;
begin
	update public.sessions x set networks = x.networks || public.place_of(p_address)
		where x.id = p_session and not (p_address <<= any (x.networks)) and cardinality(x.networks) < 20 returning * into s;
	v_org := coalesce(s.active_org_id, (select m.org_id from public.memberships m where m.user_id = s.user_id order by m.created_at, m.org_id limit 1));
	if v_org is not null then
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.user_id', s.user_id::text, true), set_config('app.actor', 'user', true),
			set_config('app.request_id', p_request, true);
		perform public.fl_audit('session.moved', 'session', s.id, jsonb_build_object('from', s.networks[1], 'to', public.place_of(p_address)));
	end if;
end
$$;
select fl_definer_function('session_seen(uuid, inet, text)', 'fl_definer');

-- Before anything else of a request: is this address blocked, and may this session be used from it?
create function door_check(p_address text, p_hash bytea, p_strict boolean, p_request text) returns void language plpgsql as $$
declare
	v_address inet := nullif(p_address, '')::inet;
	v_id uuid;
	v_networks cidr[];
begin
	if exists (select from public.blocked_addresses b where b.network >>= v_address and b.until > now()) then
		perform public.fl_fail('FL403', 'error.blocked');
	end if;
	select s.id, s.networks into v_id, v_networks from public.sessions s where s.token_hash = p_hash;
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
create function session_refused(p_address text, p_hash bytea, p_request text) returns void language sql as $$
	select public.session_seen(s.id, p_address::inet, p_request) from public.sessions s where s.token_hash = p_hash and not (p_address::inet <<= any (s.networks))
$$;
select fl_definer_function('session_refused(text, bytea, text)');

-- token_refresh, for who asks from where its session may be used. Refused by strict it is as an unknown one, and still good where it belongs.
create function token_refresh_here(p_old bytea, p_principal bytea, p_refresh bytea, p_agent text, p_request text, p_address text, p_strict boolean)
	returns table (user_id uuid, org_id uuid, org_role text) language plpgsql as $$
declare
	v_address inet := nullif(p_address, '')::inet;
	v_id uuid;
	v_networks cidr[];
begin
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
