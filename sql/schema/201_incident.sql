-- Incidents that concern people's data (CMP-04, SEC-19): what happened, since when it is known, and the 72 hours (GDPR, articles 33 and 34) in which those
-- concerned and the authority are told. The words are mailed as they stand; they name no persons.
create table incidents (
	id uuid primary key default fl_uuid(),
	title text not null check (length(title) between 3 and 200),
	words text not null check (length(words) between 1 and 8000),
	whose uuid references organizations, -- null: everybody who has an account
	known_at timestamptz not null,
	due_at timestamptz not null default now() + interval '72 hours',
	told_at timestamptz, -- the people
	people int,
	reported_at timestamptz, -- the authority
	warned_at timestamptz, -- the administrators, of the deadline
	noted_by uuid references users on delete set null,
	created_at timestamptz not null default now()
);
create index incidents_open on incidents (due_at) where told_at is null or reported_at is null;
grant select, insert, update on incidents to fl_definer;

create function incident_list(p_after uuid, p_limit bigint) returns table (id uuid, title text, org_name text, known_at timestamptz, due_at timestamptz, told_at timestamptz,
		reported_at timestamptz, late boolean) language sql stable as $$
	select i.id, i.title, o.name, i.known_at, i.due_at, i.told_at, i.reported_at, i.due_at < greatest(coalesce(i.told_at, now()), coalesce(i.reported_at, now()))
	from public.incidents i left join public.organizations o on o.id = i.whose where (p_after is null or i.id < p_after) order by i.id desc limit p_limit
$$;
select fl_definer_function('incident_list(uuid, bigint)');

create function incident_show(p_id uuid) returns table (id uuid, title text, words text, org_name text, known_at timestamptz, due_at timestamptz, told_at timestamptz, people bigint,
		reported_at timestamptz, by_name text, created_at timestamptz, reach bigint) language sql stable as $$
	select i.id, i.title, i.words, o.name, i.known_at, i.due_at, i.told_at, i.people::bigint, i.reported_at, u.name, i.created_at,
		(select count(*) from public.users x where x.disabled_at is null and (i.whose is null or exists (select from public.memberships m where m.org_id = i.whose and m.user_id = x.id)))
	from public.incidents i left join public.organizations o on o.id = i.whose left join public.users u on u.id = i.noted_by where i.id = p_id
$$;
select fl_definer_function('incident_show(uuid)');

create function incident_note(p_title text, p_words text, p_org text, p_known text) returns table (id uuid) language plpgsql as $$
declare
	v_org uuid := (select o.id from public.organizations o where o.slug = p_org);
	v_known timestamptz := coalesce(public.fl_local_time(p_known, 'known'), now());
	v_id uuid;
begin
	if p_org is not null and v_org is null then
		perform public.fl_fail('FL422', 'wrong.org_unknown', 'org');
	end if;
	if v_known > now() + interval '1 minute' then
		perform public.fl_fail('FL422', 'wrong.known_later', 'known');
	end if;
	insert into public.incidents (title, words, whose, known_at, due_at, noted_by) values (p_title, p_words, v_org, v_known, v_known + interval '72 hours', public.fl_user()) returning incidents.id into v_id;
	perform public.admin_note(v_org, 'incident.note', 'incident', v_id, jsonb_build_object('title', p_title, 'known_at', v_known));
	return query select v_id;
end
$$;
select fl_definer_function('incident_note(text, text, text, text)');

-- One mail for each person, once.
create function incident_tell(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	i public.incidents;
	v_people bigint;
begin
	update public.incidents x set told_at = now() where x.id = p_id and x.told_at is null returning * into i;
	if i.id is null then
		if exists (select from public.incidents x where x.id = p_id) then
			perform public.fl_fail('FL409', 'error.told_already');
		end if;
		return;
	end if;
	select count(public.account_mail_add(u.email, null, 'incident', i.id::text, null)) into v_people from public.users u
		where u.disabled_at is null and (i.whose is null or exists (select from public.memberships m where m.org_id = i.whose and m.user_id = u.id));
	update public.incidents x set people = v_people where x.id = p_id;
	perform public.admin_note(i.whose, 'incident.tell', 'incident', i.id, jsonb_build_object('people', v_people));
	return query select i.id;
end
$$;
select fl_definer_function('incident_tell(uuid)');

create function incident_report(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	i public.incidents;
begin
	update public.incidents x set reported_at = now() where x.id = p_id and x.reported_at is null returning * into i;
	if i.id is not null then
		perform public.admin_note(i.whose, 'incident.report', 'incident', i.id);
		return query select i.id;
	elsif exists (select from public.incidents x where x.id = p_id) then
		perform public.fl_fail('FL409', 'error.told_already');
	end if;
end
$$;
select fl_definer_function('incident_report(uuid)');

-- The sweep: administrators are warned once, a day before the 72 hours are over.
create function incident_warn() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	with due as (update public.incidents x set warned_at = now() where x.warned_at is null and x.due_at < now() + interval '24 hours'
			and (x.told_at is null or x.reported_at is null) returning x.id)
		select count(public.account_mail_add(u.email, null, 'account-notice', 'incident_due', null)) into v_done from due cross join public.users u
			where u.platform_role = 'platform_admin' and u.disabled_at is null;
	return v_done;
end
$$;
select fl_definer_function('incident_warn()', 'fl_sweep');

-- As in 032; the mail of an incident says what the incident says.
create or replace function account_mail_load(p_id uuid) returns table (id uuid, to_email text, to_name text, locale text, template text, what text, token_id uuid, state text,
		created_at timestamptz) language plpgsql as $$
begin
	return query select m.id, m.to_email, coalesce(u.name, t.data ->> 'name', ''), coalesce(u.preferred_language,
			(select o.default_language from public.memberships b join public.organizations o on o.id = b.org_id where b.user_id = u.id order by b.created_at limit 1),
			m.locale, 'en'),
		case when m.template in ('account-verify', 'account-email') and u.id is not null then 'account-known' else m.template end,
		case when m.template = 'incident' then (select i.words from public.incidents i where i.id = m.what::uuid) else m.what end, m.token_id,
		case when m.template = 'account-reset' and u.id is null then 'none' else m.state end, m.created_at
		from public.account_mails m left join public.users u on u.email = m.to_email and u.disabled_at is null
			left join public.account_tokens t on t.id = m.token_id where m.id = p_id;
end
$$;
select fl_definer_function('account_mail_load(uuid)');
