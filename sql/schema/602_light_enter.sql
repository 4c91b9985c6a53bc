-- As in 530. What most who ask are (known, seen lately, with the right, from an address that is not blocked) is found by one statement; the others are told why not,
-- or noted, by the questions one after the other.
create or replace function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text, p_address text default null, p_strict boolean default false)
	returns principals language plpgsql as $$
declare
	r public.principals;
	v_usual boolean;
	v_networks cidr[];
begin
	-- the row as one value, not as thirty
	r := (select p from public.principals p
		where p.token_hash = p_hash and (p.org_id = p_org or p_org is null and p.active) and p.last_seen_at >= now() - interval '5 minutes'
			and coalesce(p.expires_at >= now(), true) and p.closed is null and p.scope = '' and p.kind <> 'support'
			and coalesce(strpos(p.rights, ' ' || p_permission || ' ') > 0, true)
			and not exists (select from public.blocked_addresses b where b.network >>= nullif(p_address, '')::inet and b.until > now()));
	v_usual := r.token_hash is not null;
	if not v_usual then
		if exists (select from public.blocked_addresses b where b.network >>= nullif(p_address, '')::inet and b.until > now()) then
			perform public.fl_fail('FL403', 'error.blocked');
		end if;
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
		if r.token_hash is null then
			r := public.status_principal(p_hash, p_org);
		end if;
		if r.token_hash is null or r.expires_at < now() then
			perform public.fl_fail('FL401', 'error.signed_out');
		end if;
	end if;
	if r.session_id is not null then
		select s.networks into v_networks from public.sessions s where s.id = r.session_id and not coalesce(nullif(p_address, '')::inet <<= s.networks[1], true);
		if found then
			if p_strict then
				perform public.fl_fail('FL401', 'error.other_network');
			elsif not (p_address::inet <<= any (v_networks)) then
				perform public.session_seen(r.session_id, p_address::inet, p_request);
			end if;
		end if;
	end if;
	if not v_usual then
		-- Suspended: its people are told, and may leave or go to another organisation; administrators of the platform still administer.
		if r.closed is not null and p_permission is distinct from 'app.use' then
			if not (r.admin and exists (select from public.role_permissions where role = 'platform_admin' and permission = p_permission)) then
				perform public.fl_fail('FL403', r.closed);
			end if;
		end if;
		if p_permission is not null and position(' ' || p_permission || ' ' in r.rights) = 0 then
			perform public.fl_fail('FL403', case when r.org_id = '00000000-0000-0000-0000-000000000000' and not r.admin
					and not exists (select from public.role_permissions x where x.role = 'platform_admin' and x.permission = p_permission) then 'error.no_org' else 'error.not_allowed' end,
				p_permission);
		end if;
		if r.last_seen_at < now() - interval '5 minutes' then
			update public.principals set last_seen_at = now(), expires_at = case when kind = 'session' then now() + interval '30 days' else expires_at end
				where token_hash = p_hash and org_id = r.org_id;
			if r.session_id is not null then
				update public.sessions set last_seen_at = now(), expires_at = now() + interval '30 days' where id = r.session_id;
			end if;
		end if;
		if r.kind = 'support' then
			perform set_config('app.support', r.subject_id::text, true), set_config('app.support_until', r.expires_at::text, true);
		end if;
	end if;
	-- one expression, which needs no executor of its own
	p_request := concat(set_config('app.current_org_id', case when r.org_id = '00000000-0000-0000-0000-000000000000' then '' else r.org_id::text end, true),
		set_config('app.user_id', coalesce(r.user_id::text, ''), true),
		set_config('app.actor', case when r.user_id is null then 'system' else 'user' end, true),
		set_config('app.role', r.role, true),
		set_config('app.rights', r.rights, true),
		set_config('app.subject_id', coalesce(r.subject_id::text, ''), true),
		set_config('app.request_id', p_request, true));
	if not v_usual and r.scope <> '' then
		perform public.fl_narrow(r.scope, r.org_id, r.user_id);
	end if;
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text, text, boolean)');
