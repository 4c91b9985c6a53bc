-- The program blocks an address by itself (SEC-13): one that guesses at many accounts. Refused sign-ins say little of an address, as many people may come from it, but these together do:
-- within an hour, 20 accounts or more were refused there and did not get in after all (sign_in_forgive_here forgets those that do), and they are at least four times as many as the people who
-- signed in there in the last 30 days, this hour not counted. One browser with an old password is one account however often it asks, and an office of fifty is not blocked below 200.
-- Counted and blocked as sign_in_failures has it: IPv4 by the address, IPv6 by its /64. Networks of BLOCK_NEVER (at first: all that are not of the internet) are not blocked so.

alter table blocked_addresses add column accounts int; -- refused there; null: blocked by a person
-- Thousands may stand here when many machines attack; each request asks.
create index blocked_addresses_network on blocked_addresses using gist (network inet_ops);
create index sessions_address on sessions (public.network_of(host(address)), created_at);
create index session_history_address on session_history (public.network_of(host(address)), created_at);

create function address_watch(p_address text, p_never text, p_request text) returns void language plpgsql as $$
declare
	v_network cidr := public.network_of(p_address);
	v_accounts bigint := (select count(*) from public.sign_in_failures f where f.address = v_network and f.last_at > now() - interval '1 hour');
begin
	if v_accounts < 20 or exists (select from unnest(string_to_array(p_never, ',')) n where btrim(n) <> '' and v_network && btrim(n)::inet) or v_accounts < 4 * (
			select count(distinct s.user_id) from (select x.user_id, x.created_at from public.sessions x where public.network_of(host(x.address)) = v_network
				union all select y.user_id, y.created_at from public.session_history y where public.network_of(host(y.address)) = v_network) s
			where s.created_at > now() - interval '30 days' and s.created_at < now() - interval '1 hour') then
		return;
	end if;
	delete from public.blocked_addresses b where b.until <= now();
	insert into public.blocked_addresses (network, reason, accounts) values (v_network, format('Sign-ins of %s accounts refused within an hour', v_accounts), v_accounts)
		on conflict (network) do nothing;
	if found then
		insert into public.audit_log (org_id, actor_type, action, subject_kind, detail, request_id) values ('00000000-0000-0000-0000-000000000000', 'system', 'address.block', 'address',
			jsonb_build_object('network', v_network, 'reason', 'sign_in', 'accounts', v_accounts, 'seconds', 86400), p_request);
	end if;
end
$$;
select fl_definer_function('address_watch(text, text, text)', 'fl_definer');

create function sign_in_refused(p_email text, p_address text, p_never text, p_request text) returns void language plpgsql as $$
begin
	perform public.sign_in_failed(p_email, p_address);
	perform public.address_watch(p_address, p_never, p_request);
end
$$;
select fl_definer_function('sign_in_refused(text, text, text, text)');

-- As in 040: who takes over a block of the program's, and what was counted is forgotten with it, else the next wrong password would block again.
drop function admin_blocked();
create function admin_blocked() returns table (network text, reason text, by_name text, created_at timestamptz, until timestamptz, accounts bigint) language plpgsql stable as $$
begin
	return query select b.network::text, b.reason, u.name, b.created_at, b.until, b.accounts::bigint from public.blocked_addresses b left join public.users u on u.id = b.blocked_by
		where b.until > now() order by b.created_at desc, b.network limit 500;
end
$$;
select fl_definer_function('admin_blocked()', 'fl_app, fl_owner');

create or replace function admin_block(p_network text, p_reason text, p_seconds bigint, p_own text) returns table (network text) language plpgsql as $$
declare
	v cidr;
begin
	begin
		v := network(p_network::inet);
	exception when others then
		perform public.fl_fail('FL422', 'wrong.address', 'network');
	end;
	if v >>= nullif(p_own, '')::inet then
		perform public.fl_fail('FL422', 'wrong.own_address', 'network');
	end if;
	if masklen(v) < (case family(v) when 4 then 8 else 19 end) then
		perform public.fl_fail('FL422', 'wrong.wide_network', 'network');
	end if;
	delete from public.blocked_addresses b where b.until <= now();
	insert into public.blocked_addresses (network, reason, blocked_by, until) values (v, p_reason, public.fl_user(), now() + make_interval(secs => p_seconds))
		on conflict on constraint blocked_addresses_pkey do update set reason = excluded.reason, blocked_by = excluded.blocked_by, created_at = now(), until = excluded.until, accounts = null;
	perform public.admin_note(null, 'address.block', 'address', null, jsonb_build_object('network', v, 'reason', p_reason, 'seconds', p_seconds));
	return query select v::text;
end
$$;
select fl_definer_function('admin_block(text, text, bigint, text)');

create function address_release(p_network text) returns boolean language plpgsql as $$
begin
	delete from public.blocked_addresses b where b.network::text = p_network or (position('/' in p_network) = 0 and b.network = public.network_of(p_network));
	if found then
		delete from public.sign_in_failures f where f.address <<= p_network::inet or f.address = public.network_of(p_network);
		return true;
	end if;
	return false;
exception
	when invalid_text_representation then return false;
end
$$;
select fl_definer_function('address_release(text)', 'fl_definer');

create or replace function admin_unblock(p_network text) returns table (network text) language plpgsql as $$
begin
	if public.address_release(p_network) then
		perform public.admin_note(null, 'address.unblock', 'address', null, jsonb_build_object('network', p_network));
		return query select p_network;
	end if;
end
$$;
select fl_definer_function('admin_unblock(text)');

-- fairlead address unblock: for who is behind the address himself.
create function ctl_unblock(p_network text) returns setof text language plpgsql as $$
begin
	if public.address_release(p_network) then
		insert into public.audit_log (org_id, actor_type, action, subject_kind, detail, request_id) values ('00000000-0000-0000-0000-000000000000', 'system', 'address.unblock', 'address',
			jsonb_build_object('network', p_network), '');
		return next p_network;
	end if;
end
$$;
select fl_definer_function('ctl_unblock(text)', 'fl_owner');
