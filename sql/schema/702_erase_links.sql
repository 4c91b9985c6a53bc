-- The links somebody asked for by mail (a new password) name an address and, by design, no person, so an erased person's stayed until they were swept a day after their end.
-- They go with the account, and the scan that proves an erasure looks among them (promise 42). As in 104 otherwise.
create or replace function privacy_plan_erase(o privacy_orders) returns void language plpgsql as $$
declare
	v_emails text[];
	v_phones text[];
	v_names text[];
begin
	if o.subject = 'organization' then
		update public.organizations g set suspended_at = coalesce(g.suspended_at, now()), suspended_reason = 'erased' where g.id = o.org_id;
		delete from public.principals p where p.org_id = o.org_id;
		insert into public.privacy_steps (order_id, n, act, org_id, name)
			select o.id, row_number() over (order by x.turn, x.depth desc, x.name), x.act, o.org_id, x.name from (
				select case when public.privacy_kept(t.name) then 2 else 1 end as turn, coalesce(d.depth, 0) as depth,
					case when t.name = 'audit_log' then 'redact' when public.privacy_kept(t.name) then 'keep' else 'remove' end as act, t.name
					from public.privacy_tables() t left join public.privacy_depths() d on d.name = t.name where t.name not in ('organizations', 'principals', 'program_errors')
				union all select 3, 0, 'stone', 'organizations' union all select 4, 0, 'files', 'files') x;
		insert into public.privacy_files (path, order_id) select o.org_id || '/', o.id on conflict (path) do update set order_id = o.id;
	else
		if o.subject = 'person' then
			select array[u.email] || array(select m.email from public.memberships m where m.user_id = u.id) || array(select i.email from public.user_identities i where i.user_id = u.id),
					array[coalesce(u.phone, '')], array[u.name] || array(select m.name from public.memberships m where m.user_id = u.id)
				into v_emails, v_phones, v_names from public.users u where u.id = o.subject_id;
		else
			select array[coalesce(c.email, '')], array[coalesce(c.phone, '')], array[c.name]
					|| array(select distinct r.requester_name from public.intake_requests r, public.privacy_reach e where e.order_id = o.id and r.org_id = o.org_id
						and r.id = any (e.ids) and r.requester_name is not null limit 20)
				into v_emails, v_phones, v_names from public.contacts c where c.org_id = o.org_id and c.id = o.subject_id;
		end if;
		update public.privacy_orders x set words = public.privacy_words(o.id, v_emails, v_phones, v_names) where x.id = o.id;
		delete from public.sign_in_failures f where o.subject = 'person' and f.account = public.account_of(v_emails[1]);
		delete from public.account_tokens k where o.subject = 'person' and k.email = any (v_emails);
		-- the platform's own jobs and audit rows may name the person too
		insert into public.privacy_reach (order_id, org_id) select o.id, p from unnest('{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::uuid[]) p
			where o.subject = 'person';
		insert into public.privacy_steps (order_id, n, act, org_id, name)
			select o.id, row_number() over (order by x.turn, x.org_id, x.act, x.name), x.act, x.org_id, x.name from (
				select 1 as turn, r.org_id, 'documents' as act, 'documents' as name from public.privacy_reach r where r.order_id = o.id and o.documents
				union all select case a.act when 'blank' then 2 when 'leave' then 3 when 'mask' then 4 when 'redact' then 7 else 8 end, r.org_id, a.act, t.name
					from public.privacy_reach r, public.privacy_tables() t, unnest(array['blank', 'leave', 'mask', 'redact', 'scan']) a(act)
					where r.order_id = o.id and t.tenant and case a.act
						when 'blank' then t.name not in ('audit_log', 'audit_seals', 'system_events', 'organizations')
						when 'leave' then o.subject = 'person' and t.name not in ('jobs', 'job_history') and 'user_id' = any (public.privacy_columns(t.name, 'uuid'))
						when 'mask' then t.name not in ('audit_log', 'audit_seals', 'system_events', 'memberships')
						when 'redact' then t.name = 'audit_log'
						else t.name not in ('audit_seals', 'memberships') end
				union all select 5, r.org_id, 'search', 'search_entries' from public.privacy_reach r where r.order_id = o.id
				union all select 6, null, 'account', a.name from public.privacy_account_tables() a where o.subject = 'person'
				union all select case p.act when 'mask' then 6 else 8 end, null, p.act, p.name from (values ('mask', 'program_errors'), ('mask', 'support_visits'),
					('mask', 'blocked_addresses'), ('scan', 'program_errors'), ('scan', 'support_visits'), ('scan', 'blocked_addresses'), ('scan', 'account_mails'), ('scan', 'account_tokens')) p(act, name)
					where o.subject = 'person'
				union all select 9, null, 'files', 'files') x;
	end if;
end
$$;
select fl_definer_function('privacy_plan_erase(privacy_orders)', 'fl_definer');
