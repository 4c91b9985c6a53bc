-- As in 310. Who is in no organisation is told so, not that a role is missing (X-06); administration needs none, so that its lack is not what is said there.
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
	if r.token_hash is null then
		r := public.status_principal(p_hash, p_org);
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
	if r.scope <> '' then
		perform public.fl_narrow(r.scope, r.org_id, r.user_id);
	end if;
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text)');
