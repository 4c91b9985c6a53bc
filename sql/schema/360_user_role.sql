-- The default authenticated user (X-01): own profile, own tasks, own bookings. Until now the role read every task of the organisation.
select fl_grant('task.do', 'owner admin operator pm member agent user'), fl_grant('booking.own', 'user client');

-- Whether a member is narrowed, and how: '', 'scopes' or 'client'. A `user` is narrowed with or without scopes; `strategy` is everything.
create function scope_rule(p_org uuid, p_user uuid, p_role text) returns text language plpgsql stable as $$
begin
	return case when p_role = 'client' then 'client'
		when exists (select from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and g.scope = 'strategy') then ''
		when p_role = 'user' or p_role in ('operator', 'pm', 'member', 'viewer')
			and exists (select from public.scope_grants g where g.org_id = p_org and g.user_id = p_user) then 'scopes' else '' end;
end
$$;
select fl_definer_function('scope_rule(uuid, uuid, text)', 'fl_definer');

-- As in 271, by the one rule.
create or replace function principal_fill() returns trigger language plpgsql as $$
begin
	new.scope := public.scope_rule(new.org_id, new.user_id, new.role);
	select coalesce(u.date_format, o.date_format, ''), coalesce(u.currency, o.currency, 'EUR'), coalesce(o.logo_key, ''), coalesce(u.avatar, '')
		into new.date_format, new.currency, new.logo, new.avatar
		from (select) x left join public.organizations o on o.id = new.org_id left join public.users u on u.id = new.user_id;
	return new;
end
$$;
select fl_definer_function('principal_fill()');
update principals set role = role where role in ('user', 'client') or scope <> '';
select fl_rights_refresh();

-- As in 060. Who works on tasks without managing them cancels none, and accepts only what was given to him to look at.
create or replace function task_step(p_id uuid, p_version bigint, p_to text, p_feedback text) returns table (id uuid, version bigint) language plpgsql as $$
declare
	t tasks := task_hold(p_id, p_version);
begin
	if t.id is null then
		return;
	end if;
	if t.status = p_to then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	if not fl_can('task.manage') and fl_can('task.do')
			and (p_to = 'CANCELLED' or t.status = 'NEEDS_REVIEW' and t.reviewer_id is distinct from fl_user()) then
		perform fl_fail('FL403', 'error.not_allowed', 'task.manage');
	end if;
	if t.status = 'NEEDS_REVIEW' and p_to = 'IN_PROGRESS' then
		if coalesce(p_feedback, '') = '' then
			perform fl_fail('FL422', 'wrong.feedback', 'feedback');
		end if;
	end if;
	if coalesce(p_feedback, '') <> '' then
		perform task_say(t, case when t.status = 'NEEDS_REVIEW' then 'feedback' else 'comment' end, p_feedback);
	end if;
	t := task_move(t, p_to, nullif(left(p_feedback, 200), ''));
	if p_to = 'IN_PROGRESS' and p_feedback <> '' then
		perform task_tell(t.assignee_id, 'task_feedback', t);
	end if;
	return query select t.id, t.version::bigint;
end
$$;

create index bookings_email on bookings (org_id, email, starts_at) where email is not null;

-- The bookings made with the address of who asks.
create function booking_own() returns setof bookings language sql stable as $$
	select b.* from bookings b where b.org_id = (select fl_org()) and b.state <> 'HELD'
		and b.email = (select m.email from memberships m where m.org_id = (select fl_org()) and m.user_id = (select fl_user()))
$$;

-- One of them is cancelled. The mail leads to the list instead of a page with a key.
create function booking_own_cancel(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	b bookings;
	v_ics text;
begin
	select * into b from bookings x where x.org_id = fl_org() and x.id = (select o.id from booking_own() o where o.id = p_id) for update;
	if b.id is null then
		return;
	elsif b.state = 'CONFIRMED' then
		if b.starts_at < now() then
			perform fl_fail('FL409', 'wrong.booking_past');
		end if;
		v_ics := calendar_ics(array[b.event_id], '-infinity', 'CANCEL');
		perform set_config('app.subject_id', b.id::text, true);
		perform booking_cancel(null); -- beside a function that answers rows others are called once more than it has rows
		perform mail_queue(b.email, b.name, b.locale, 'visit-off', jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = b.org_id and p.id = b.page_id),
				'body', booking_when(b.starts_at, b.ends_at, b.zone), 'path', '/me/bookings', 'ics', v_ics), null, null, null, true);
	end if;
	return query select b.id;
end
$$;
