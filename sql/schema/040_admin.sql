-- Administration of the platform: organisations, people, sessions, lock-outs, blocked addresses. Everything here crosses tenants, so all of it
-- are definer functions whose statements only pages with the permission platform.admin name. What concerns no organisation is audited under the
-- nil uuid, which has a chain of its own.

alter table organizations add column suspended_reason text;
alter table users add column disabled_reason text;
create index organizations_suspended on organizations (id) where suspended_at is not null;

create table blocked_addresses (
	network cidr primary key,
	reason text not null check (length(reason) between 1 and 500),
	blocked_by uuid,
	created_at timestamptz not null default now(),
	until timestamptz not null default now() + interval '86400 seconds' -- SEC-13
);
grant select, insert, update, delete on blocked_addresses to fl_definer;

-- Why a principal may not enter although it is known: a message key. Null: it may.
alter table principals add column closed text;

create function principal_closed() returns trigger language plpgsql as $$
begin
	select 'error.suspended' into new.closed from public.organizations o where o.id = new.org_id and o.suspended_at is not null;
	return new;
end
$$;
select fl_definer_function('principal_closed()');
create trigger principal_closed before insert on principals for each row execute function principal_closed();

-- As in 001, but that people of a suspended organisation stay known, so that they can be told.
create or replace function fl_sessions_refresh(p_user uuid) returns void language plpgsql as $$
declare
	nil constant uuid := '00000000-0000-0000-0000-000000000000';
begin
	delete from public.principals p where p.user_id = p_user and p.kind = 'session';
	update public.sessions s set active_org_id = (select m.org_id from public.memberships m join public.organizations o on o.id = m.org_id
			where m.user_id = p_user order by o.suspended_at is not null, m.created_at, m.org_id limit 1)
		where s.user_id = p_user and not exists (select from public.memberships m where m.user_id = p_user and m.org_id = s.active_org_id);
	insert into public.principals (token_hash, org_id, active, kind, user_id, session_id, role, rights, user_name, org_name, zone, locale, theme, single_keys,
			admin, last_seen_at, expires_at)
		select s.token_hash, coalesce(m.org_id, nil), coalesce(m.org_id = s.active_org_id, true), 'session', u.id, s.id, coalesce(m.role, 'user'),
			public.fl_rights(coalesce(m.role, 'none'), u.platform_role = 'platform_admin'),
			u.name, coalesce(o.name, ''), coalesce(u.zone, o.zone, 'UTC'), coalesce(u.preferred_language, o.default_language, 'en'),
			u.theme, u.single_keys, u.platform_role = 'platform_admin', s.last_seen_at, s.expires_at
		from public.sessions s join public.users u on u.id = s.user_id
			left join public.memberships m on m.user_id = u.id
			left join public.organizations o on o.id = m.org_id
		where u.id = p_user and u.disabled_at is null;
end
$$;
select fl_definer_function('fl_sessions_refresh(uuid)');

-- Whether an address may come at all. An index probe; runs in the same round trip as what was asked for.
create function address_check(p_address text) returns void language plpgsql as $$
begin
	if exists (select from public.blocked_addresses b where b.network >>= nullif(p_address, '')::inet and b.until > now()) then
		perform public.fl_fail('FL403', 'error.blocked');
	end if;
end
$$;
select fl_definer_function('address_check(text)');

-- An audit row of an administrator, in the chain of the organisation it concerns, else the platform's.
create function admin_note(p_org uuid, p_action text, p_kind text, p_id uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	insert into public.audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		values (coalesce(p_org, '00000000-0000-0000-0000-000000000000'), 'user', public.fl_user(), p_action, p_kind, p_id, p_detail,
			coalesce(current_setting('app.request_id', true), ''));
end
$$;
select fl_definer_function('admin_note(uuid, text, text, uuid, jsonb)', 'fl_definer');

create function admin_orgs(p_q text, p_state text, p_after uuid, p_limit bigint) returns table (id uuid, slug text, name text, plan text, people bigint,
	suspended_at timestamptz, created_at timestamptz) language sql stable as $$
	select o.id, o.slug, o.name, o.plan, (select count(*) from public.memberships m where m.org_id = o.id), o.suspended_at, o.created_at
	from public.organizations o
	where (p_q is null or position(lower(p_q) in lower(o.name)) > 0 or position(lower(p_q) in o.slug) > 0)
		and (p_state is null or (p_state = 'suspended') = (o.suspended_at is not null)) and (p_after is null or o.id < p_after)
	order by o.id desc limit p_limit
$$;
select fl_definer_function('admin_orgs(text, text, uuid, bigint)');

create function admin_org(p_id uuid) returns table (id uuid, slug text, name text, plan text, default_language text, zone text, currency text,
	suspended_at timestamptz, suspended_reason text, created_at timestamptz, people bigint, requests bigint, jobs_waiting bigint, keys bigint,
	llm_calls bigint, llm_tokens bigint, last_seen_at timestamptz) language sql stable as $$
	select o.id, o.slug, o.name, o.plan, o.default_language, o.zone, o.currency, o.suspended_at, o.suspended_reason, o.created_at,
		(select count(*) from public.memberships m where m.org_id = o.id), (select count(*) from public.intake_requests r where r.org_id = o.id),
		(select count(*) from public.jobs j where j.org_id = o.id), (select count(*) from public.api_keys k where k.org_id = o.id and k.revoked_at is null),
		(select coalesce(sum(calls), 0)::bigint from public.llm_tally t where t.org_id = o.id),
		(select coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint from public.llm_tally t where t.org_id = o.id),
		(select max(p.last_seen_at) from public.principals p where p.org_id = o.id and p.kind = 'session')
	from public.organizations o where o.id = p_id
$$;
select fl_definer_function('admin_org(uuid)');

create function admin_org_usage(p_id uuid) returns table (name text, value bigint) language sql stable as $$
	select x.name, sum(x.value)::bigint from (select c.name, c.value from public.counters c where c.org_id = p_id
		union all select d.name, d.delta from public.counter_deltas d where d.org_id = p_id) x group by x.name order by x.name
$$;
select fl_definer_function('admin_org_usage(uuid)');

create function admin_org_people(p_id uuid) returns table (id uuid, name text, email text, role text) language sql stable as $$
	select m.user_id, m.name, m.email, m.role from public.memberships m where m.org_id = p_id order by m.role = 'owner' desc, m.name limit 200
$$;
select fl_definer_function('admin_org_people(uuid)');

create function admin_org_plan(p_id uuid, p_plan text) returns table (id uuid) language plpgsql as $$
declare
	v_before text;
begin
	select o.plan into v_before from public.organizations o where o.id = p_id for update;
	if found then
		update public.organizations o set plan = p_plan, updated_at = now() where o.id = p_id;
		perform public.admin_note(p_id, 'org.plan', 'organization', p_id, jsonb_build_object('before', v_before, 'after', p_plan));
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('admin_org_plan(uuid, text)');

-- Its doors close at once and its jobs wait; no row of it is changed otherwise.
create function admin_org_suspend(p_id uuid, p_reason text, p_suspend boolean) returns table (id uuid) language plpgsql as $$
declare
	v_at timestamptz;
begin
	select o.suspended_at into v_at from public.organizations o where o.id = p_id for update;
	if not found then
		return;
	end if;
	if p_suspend = (v_at is not null) then
		perform public.fl_fail('FL409', 'wrong.stale');
	end if;
	update public.organizations o set suspended_at = case when p_suspend then now() end, suspended_reason = case when p_suspend then p_reason end,
		updated_at = now() where o.id = p_id;
	update public.principals p set closed = case when p_suspend then 'error.suspended' end where p.org_id = p_id;
	if p_suspend then
		update public.jobs j set state = 'delayed', run_at = 'infinity' where j.org_id = p_id and j.state = 'queued';
	else
		update public.jobs j set state = 'queued', run_at = now() where j.org_id = p_id and j.state = 'delayed' and j.run_at = 'infinity';
	end if;
	perform public.admin_note(p_id, case when p_suspend then 'org.suspend' else 'org.resume' end, 'organization', p_id, jsonb_build_object('reason', p_reason));
	return query select p_id;
end
$$;
select fl_definer_function('admin_org_suspend(uuid, text, boolean)');

create function admin_users(p_q text, p_state text, p_after uuid, p_limit bigint) returns table (id uuid, name text, email text, admin boolean,
	disabled_at timestamptz, locked_until timestamptz, orgs bigint, sessions bigint, last_seen_at timestamptz) language sql stable as $$
	select u.id, u.name, u.email, u.platform_role = 'platform_admin', u.disabled_at, case when u.locked_until > now() then u.locked_until end,
		(select count(*) from public.memberships m where m.user_id = u.id), (select count(*) from public.sessions s where s.user_id = u.id and s.expires_at > now()),
		(select max(s.last_seen_at) from public.sessions s where s.user_id = u.id)
	from public.users u
	where (p_q is null or position(lower(p_q) in u.email) > 0 or position(lower(p_q) in lower(u.name)) > 0) and (p_after is null or u.id < p_after)
		and case p_state when 'admin' then u.platform_role = 'platform_admin' when 'disabled' then u.disabled_at is not null
			when 'locked' then u.locked_until > now() else true end
	order by u.id desc limit p_limit
$$;
select fl_definer_function('admin_users(text, text, uuid, bigint)');

create function admin_user(p_id uuid) returns table (id uuid, name text, email text, admin boolean, disabled_at timestamptz, disabled_reason text,
	locked_until timestamptz, failed bigint, created_at timestamptz, self boolean) language sql stable as $$
	select u.id, u.name, u.email, u.platform_role = 'platform_admin', u.disabled_at, u.disabled_reason, case when u.locked_until > now() then u.locked_until end,
		u.failed_sign_ins::bigint, u.created_at, u.id = public.fl_user()
	from public.users u where u.id = p_id
$$;
select fl_definer_function('admin_user(uuid)');

create function admin_user_orgs(p_id uuid) returns table (id uuid, name text, role text, suspended boolean) language sql stable as $$
	select o.id, o.name, m.role, o.suspended_at is not null from public.memberships m join public.organizations o on o.id = m.org_id
	where m.user_id = p_id order by o.name, o.id
$$;
select fl_definer_function('admin_user_orgs(uuid)');

-- Of one person, or of all when p_user is null.
create function admin_sessions(p_user uuid, p_after uuid, p_limit bigint) returns table (id uuid, user_id uuid, name text, email text, address text, user_agent text,
	created_at timestamptz, last_seen_at timestamptz, second_factor_at timestamptz) language sql stable as $$
	select s.id, s.user_id, u.name, u.email, host(s.address), s.user_agent, s.created_at, s.last_seen_at, s.second_factor_at
	from public.sessions s join public.users u on u.id = s.user_id
	where s.expires_at > now() and (p_user is null or s.user_id = p_user) and (p_after is null or s.id < p_after) order by s.id desc limit p_limit
$$;
select fl_definer_function('admin_sessions(uuid, uuid, bigint)');

create function admin_user_role(p_id uuid, p_role text) returns table (id uuid) language plpgsql as $$
begin
	if p_role = 'none' and p_id = public.fl_user() then
		perform public.fl_fail('FL422', 'wrong.self', 'platform_role');
	end if;
	update public.users u set platform_role = p_role, updated_at = now() where u.id = p_id;
	if found then
		perform public.fl_sessions_refresh(p_id);
		perform public.admin_note(null, 'user.platform_role', 'user', p_id, jsonb_build_object('role', p_role));
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('admin_user_role(uuid, text)');

-- A disabled person loses every session at once (TEN-19); what he made stays.
create function admin_user_disable(p_id uuid, p_reason text, p_disable boolean) returns table (id uuid) language plpgsql as $$
begin
	if p_disable and p_id = public.fl_user() then
		perform public.fl_fail('FL422', 'wrong.self', 'reason');
	end if;
	update public.users u set disabled_at = case when p_disable then coalesce(u.disabled_at, now()) end,
		disabled_reason = case when p_disable then p_reason end, updated_at = now() where u.id = p_id;
	if found then
		if p_disable then
			delete from public.sessions s where s.user_id = p_id;
			delete from public.principals p where p.user_id = p_id;
		end if;
		perform public.admin_note(null, case when p_disable then 'user.disable' else 'user.enable' end, 'user', p_id, jsonb_build_object('reason', p_reason));
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('admin_user_disable(uuid, text, boolean)');

create function admin_user_release(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	-- naming password_hash also fires what forgives failures an address (sign_in_forgive)
	update public.users u set failed_sign_ins = 0, locked_until = null, password_hash = u.password_hash, updated_at = now() where u.id = p_id;
	if found then
		perform public.admin_note(null, 'user.release', 'user', p_id);
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('admin_user_release(uuid)');

create function admin_user_sign_out(p_id uuid) returns table (id uuid, ended bigint) language plpgsql as $$
declare
	v_n bigint;
begin
	if not exists (select from public.users u where u.id = p_id) then
		return;
	end if;
	delete from public.sessions s where s.user_id = p_id;
	get diagnostics v_n = row_count;
	perform public.admin_note(null, 'session.end_all', 'user', p_id, jsonb_build_object('sessions', v_n));
	return query select p_id, v_n;
end
$$;
select fl_definer_function('admin_user_sign_out(uuid)');

create function admin_session_end(p_id uuid) returns table (id uuid, user_id uuid) language plpgsql as $$
declare
	v_user uuid;
begin
	delete from public.sessions s where s.id = p_id returning s.user_id into v_user;
	if found then
		perform public.admin_note(null, 'session.end', 'session', p_id, jsonb_build_object('user', v_user));
		return query select p_id, v_user;
	end if;
end
$$;
select fl_definer_function('admin_session_end(uuid)');

create function admin_blocked() returns table (network text, reason text, by_name text, created_at timestamptz, until timestamptz) language sql stable as $$
	select b.network::text, b.reason, u.name, b.created_at, b.until from public.blocked_addresses b left join public.users u on u.id = b.blocked_by
	where b.until > now() order by b.created_at desc, b.network limit 500
$$;
select fl_definer_function('admin_blocked()');

-- An address or a network; never one's own, and no wider than /8 or /19.
create function admin_block(p_network text, p_reason text, p_seconds bigint, p_own text) returns table (network text) language plpgsql as $$
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
		on conflict on constraint blocked_addresses_pkey do update set reason = excluded.reason, blocked_by = excluded.blocked_by, created_at = now(), until = excluded.until;
	perform public.admin_note(null, 'address.block', 'address', null, jsonb_build_object('network', v, 'reason', p_reason, 'seconds', p_seconds));
	return query select v::text;
end
$$;
select fl_definer_function('admin_block(text, text, bigint, text)');

create function admin_unblock(p_network text) returns table (network text) language plpgsql as $$
begin
	delete from public.blocked_addresses b where b.network::text = p_network;
	if found then
		perform public.admin_note(null, 'address.unblock', 'address', null, jsonb_build_object('network', p_network));
		return query select p_network;
	end if;
end
$$;
select fl_definer_function('admin_unblock(text)');
