-- The doors of administration: closed principals, jobs of a suspended organisation, the second factor, and visits for support.

-- Visits: an administrator works as a person, for a stated reason and half an hour at most (ADM-09). The session's own principals make room for
-- one of kind support, which has the person's rights and no proof of password or factor; every audit row written meanwhile names the visit.
create table support_visits (
	id uuid primary key default fl_uuid(),
	admin_id uuid not null references users on delete cascade,
	user_id uuid not null references users on delete cascade,
	org_id uuid not null references organizations,
	reason text not null check (length(reason) between 3 and 500),
	started_at timestamptz not null default now(),
	until timestamptz not null default now() + interval '30 minutes',
	ended_at timestamptz
);
create index support_visits_user on support_visits (user_id);
grant select, insert, update on support_visits to fl_definer;
alter table principals drop constraint principals_kind_check;
alter table principals add constraint principals_kind_check check (kind in ('session', 'key', 'access', 'service', 'form', 'link', 'webhook', 'support'));

-- However a visit ends (button, sign-out, time, an ended session), its principal goes, and that is noted.
create function support_ended() returns trigger language plpgsql as $$
declare
	v public.support_visits;
begin
	update public.support_visits s set ended_at = least(now(), s.until) where s.id = old.subject_id and s.ended_at is null returning * into v;
	if found then
		insert into public.audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
			values (v.org_id, 'user', v.admin_id, 'support.end', 'user', v.user_id, jsonb_build_object('visit', v.id),
				coalesce(current_setting('app.request_id', true), ''));
	end if;
	return old;
end
$$;
select fl_definer_function('support_ended()');
create trigger support_ended after delete on principals for each row when (old.kind = 'support') execute function support_ended();

create function support_end(p_hash bytea) returns table (user_id uuid) language plpgsql as $$
declare
	v public.support_visits;
begin
	select s.* into v from public.principals p join public.support_visits s on s.id = p.subject_id where p.token_hash = p_hash and p.kind = 'support';
	if found then
		delete from public.principals p where p.token_hash = p_hash and p.kind = 'support';
		perform public.fl_sessions_refresh(v.admin_id);
		return query select v.user_id;
	end if;
end
$$;
select fl_definer_function('support_end(bytea)');

create function support_begin(p_hash bytea, p_user uuid, p_org uuid, p_reason text) returns table (id uuid) language plpgsql as $$
declare
	u public.users;
	o public.organizations;
	v_role text;
	v_session uuid;
	v_id uuid;
begin
	select * into u from public.users x where x.id = p_user;
	select * into o from public.organizations x where x.id = p_org;
	select m.role into v_role from public.memberships m where m.user_id = p_user and m.org_id = p_org;
	if u.id is null or v_role is null then
		return;
	end if;
	if u.disabled_at is not null or u.platform_role = 'platform_admin' or u.id = public.fl_user() or o.suspended_at is not null then
		perform public.fl_fail('FL422', 'wrong.visit', 'org');
	end if;
	select p.session_id into v_session from public.principals p where p.token_hash = p_hash and p.kind = 'session' limit 1;
	if v_session is null then
		perform public.fl_fail('FL403', 'error.not_allowed');
	end if;
	insert into public.support_visits (admin_id, user_id, org_id, reason) values (public.fl_user(), p_user, p_org, p_reason) returning support_visits.id into v_id;
	delete from public.principals p where p.token_hash = p_hash;
	insert into public.principals (token_hash, org_id, kind, user_id, session_id, subject_id, role, rights, user_name, org_name, zone, locale, theme, single_keys, expires_at)
		values (p_hash, p_org, 'support', p_user, v_session, v_id, v_role, public.fl_rights(v_role), u.name, o.name, coalesce(u.zone, o.zone),
			coalesce(u.preferred_language, o.default_language), u.theme, u.single_keys, now() + interval '30 minutes');
	update public.principals p set password_at = null, second_factor_at = null where p.token_hash = p_hash;
	perform public.admin_note(p_org, 'support.begin', 'user', p_user, jsonb_build_object('visit', v_id, 'reason', p_reason));
	return query select v_id;
end
$$;
select fl_definer_function('support_begin(bytea, uuid, uuid, text)');

create function support_of(p_user uuid) returns table (id uuid, by_name text, org_name text, reason text, started_at timestamptz, ended_at timestamptz)
	language sql stable as $$
	select s.id, u.name, o.name, s.reason, s.started_at, case when coalesce(s.ended_at, s.until) <= now() then coalesce(s.ended_at, s.until) end
	from public.support_visits s join public.users u on u.id = s.admin_id join public.organizations o on o.id = s.org_id
	where s.user_id = p_user order by s.id desc limit 20
$$;
select fl_definer_function('support_of(uuid)');

-- As in 001, with what closes a principal and with visits.
create or replace function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text) returns principals language plpgsql as $$
declare
	r public.principals;
begin
	if p_org is null then
		select * into r from public.principals where token_hash = p_hash and active;
	else
		select * into r from public.principals where token_hash = p_hash and org_id = p_org;
		if not found and exists (select from public.principals where token_hash = p_hash) then
			perform public.fl_fail('FL403', 'error.not_member');
		end if;
	end if;
	-- The half hour of a visit is over: the administrator is himself again.
	if r.kind = 'support' and r.expires_at < now() then
		perform public.support_end(p_hash);
		select * into r from public.principals where token_hash = p_hash and active;
	end if;
	if r.token_hash is null or r.expires_at < now() then
		perform public.fl_fail('FL401', 'error.signed_out');
	end if;
	-- Suspended: its people are told, and may leave or go to another organisation; administrators of the platform still administer.
	if r.closed is not null and p_permission is distinct from 'app.use'
			and not (r.admin and exists (select from public.role_permissions where role = 'platform_admin' and permission = p_permission)) then
		perform public.fl_fail('FL403', r.closed);
	end if;
	if p_permission is not null and position(' ' || p_permission || ' ' in r.rights) = 0 then
		perform public.fl_fail('FL403', 'error.not_allowed', p_permission);
	end if;
	if r.last_seen_at < now() - interval '5 minutes' then
		update public.principals set last_seen_at = now(), expires_at = case when kind = 'session' then now() + interval '30 days' else expires_at end
			where token_hash = p_hash and org_id = r.org_id;
		if r.session_id is not null then
			update public.sessions set last_seen_at = now(), expires_at = now() + interval '30 days' where id = r.session_id;
		end if;
	end if;
	perform set_config('app.current_org_id', case when r.org_id = '00000000-0000-0000-0000-000000000000' then '' else r.org_id::text end, true),
		set_config('app.user_id', coalesce(r.user_id::text, ''), true),
		set_config('app.actor', case when r.user_id is null then 'system' else 'user' end, true),
		set_config('app.role', r.role, true),
		set_config('app.rights', r.rights, true),
		set_config('app.subject_id', coalesce(r.subject_id::text, ''), true),
		set_config('app.request_id', p_request, true);
	if r.kind = 'support' then
		perform set_config('app.support', r.subject_id::text, true), set_config('app.support_until', r.expires_at::text, true);
	end if;
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text)');

-- As in 002; what is done during a visit names it.
create or replace function fl_audit(p_action text, p_subject_kind text, p_subject_id uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	insert into audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		values (fl_org(), coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
			coalesce(fl_user(), nullif(current_setting('app.job_id', true), '')::uuid), p_action, p_subject_kind, p_subject_id,
			case when current_setting('app.support', true) <> '' then p_detail || jsonb_build_object('visit', current_setting('app.support', true)) else p_detail end,
			coalesce(current_setting('app.request_id', true), ''));
end
$$;

-- Whether this session proved a second factor within the last p_max_s seconds; 0 asks for none (private houses).
create function admin_proven(p_hash bytea, p_max_s bigint) returns void language plpgsql as $$
begin
	if p_max_s > 0 and not exists (select from public.principals p where p.token_hash = p_hash and p.kind = 'session'
			and p.second_factor_at > now() - make_interval(secs => p_max_s)) then
		perform public.fl_fail('FL403', 'error.prove');
	end if;
end
$$;
select fl_definer_function('admin_proven(bytea, bigint)');

-- As in 003, but that the jobs of suspended organisations are passed over.
create or replace function fl_job_take(p_queue text, p_most int, p_after uuid, p_lease_s float8,
	p_worker text) returns setof public.jobs language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	v_priority smallint := 0;
	v_taken int := 0;
	v_from uuid;
	v_held constant uuid[] := array(select o.id from public.organizations o where o.suspended_at is not null);
	j public.jobs;
begin
	loop
		select priority into v_priority from public.jobs where state = 'queued' and queue = p_queue and priority > v_priority
			order by priority limit 1;
		exit when not found;
		-- two ways round: what comes after the cursor, then from the start up to it
		for turn in 1 .. 2 loop
			v_from := case turn when 1 then p_after else '00000000-0000-0000-0000-000000000000' end;
			for j in
				update public.jobs u set state = 'active', fence = ('x' || encode(substring(uuid_send(gen_random_uuid()) from 9),
					'hex'))::bit(64)::bigint,
						worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
						runs = u.runs + 1, updated_at = now()
					where u.ctid = any (array(
						select c.ctid from public.jobs c
						where c.state = 'queued' and c.queue = p_queue and c.priority = v_priority and c.org_id > v_from and c.org_id <> all (v_held)
							and (turn = 1 or c.org_id <= p_after)
						order by c.queue, c.priority, c.org_id, c.id limit p_most - v_taken for update skip locked))
					returning u.*
			loop
				v_taken := v_taken + 1;
				return next j;
			end loop;
			exit when v_taken >= p_most;
		end loop;
		exit when v_taken >= p_most;
	end loop;
end
$$;
select fl_definer_function('fl_job_take(text, int, uuid, float8, text)');
revoke execute on function fl_job_take(text, int, uuid, float8, text) from fl_app;

-- The chain of the platform's own rows, under the nil uuid, is sealed like the others.
create or replace function fl_audit_seal(p_most int default 10000) returns bigint language plpgsql as $$
declare
	o record;
	a public.audit_log;
	s record;
	v_hash bytea;
	v_seq bigint;
	v_xid xid8;
	v_id uuid;
	v_done bigint := 0;
	v_below xid8 := pg_snapshot_xmin(pg_current_snapshot());
begin
	for o in select id from public.organizations union all select '00000000-0000-0000-0000-000000000000' order by 1 loop
		if not pg_try_advisory_xact_lock(7235902, hashtext(o.id::text)) then
			continue;
		end if;
		select seq, hash, xid, audit_id into s from public.audit_seals where org_id = o.id order by seq desc limit 1;
		v_hash := coalesce(s.hash, sha256(convert_to(o.id::text, 'UTF8')));
		v_seq := coalesce(s.seq, 0);
		v_xid := coalesce(s.xid, '0'::xid8);
		v_id := coalesce(s.audit_id, '00000000-0000-0000-0000-000000000000');
		for a in select * from public.audit_log where org_id = o.id and (xid, id) > (v_xid, v_id) and xid < v_below order by xid, id limit p_most loop
			v_seq := v_seq + 1;
			v_hash := sha256(v_hash || public.fl_audit_canonical(a));
			insert into public.audit_seals (org_id, seq, audit_id, xid, hash) values (o.id, v_seq, a.id, a.xid, v_hash);
			v_done := v_done + 1;
		end loop;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('fl_audit_seal(int)', 'fl_sweep, fl_owner');
