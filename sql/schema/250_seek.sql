-- Long lists go on where the page before ended. Plans are generic (fl_app), so "$1 is null or id < $1" reads all that comes before the page, and a
-- coalesce of the cursor is no better under row-level security: the planner takes it for something that could tell of hidden rows and tries it row by
-- row (PostgreSQL 15, contain_leaked_vars). A case is known to be harmless and becomes a bound of the index.

-- The id a page of a list, newest first, begins below; null: the first page.
create function list_after(p_cursor text) returns uuid language sql immutable parallel safe as $$
	select case when p_cursor is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else p_cursor::uuid end
$$;

create or replace function job_lines(p_all boolean, p_queue text, p_kind text, p_state text, p_text text, p_after text,
	p_limit int) returns setof job_line
	language plpgsql stable as $$
begin
	return query
		select l.id, o.id, o.name, l.queue, l.kind, l.state, l.priority::int, l.attempt::int, l.max_attempts::int, l.kills::int,
			l.error, l.fingerprint,
			l.created_at, l.run_at, l.finished_at, l.ms::float8, l.archived, l.id::text
		from public.job_orgs(p_all) g(id) join public.organizations o on o.id = g.id cross join lateral (
			(select j.id, j.queue, j.kind, public.job_shown(j.state, j.renewed_at) as state, j.priority,
				least(j.errors + 1, j.max_attempts) as attempt, j.max_attempts, j.kills, j.last_error as error, j.fingerprint, j.created_at, j.run_at,
				null::timestamptz as finished_at, null::numeric as ms, false as archived, j.payload
			from public.jobs j where j.org_id = o.id and j.id < public.list_after(p_after) and (p_queue is null or j.queue = p_queue)
				and (p_kind is null or j.kind = p_kind) and (p_state is null or public.job_shown(j.state, j.renewed_at) = p_state)
				and (p_text is null or position(lower(p_text) in lower(j.payload::text || ' ' || coalesce(j.last_error, ''))) > 0)
			order by j.id desc limit p_limit)
			union all
			(select h.id, h.queue, h.kind, h.state, h.priority, greatest(least(h.errors + (h.state = 'completed')::int, h.max_attempts),
				1), h.max_attempts,
				h.kills, h.last_error, h.fingerprint, h.created_at, null, h.finished_at, extract(epoch from h.finished_at - h.started_at) * 1000,
				h.archived_at is not null, h.payload
			from public.job_history h where h.org_id = o.id and h.id < public.list_after(p_after)
				and (p_queue is null or h.queue = p_queue)
				and (p_kind is null or h.kind = p_kind) and (p_state is null or h.state = p_state)
				and (p_text is null or position(lower(p_text) in lower(coalesce(h.payload::text, '') || ' ' || coalesce(h.last_error, ''))) > 0)
			order by h.id desc limit p_limit)
		) l
		order by l.id desc limit p_limit;
end
$$;
select fl_definer_function('job_lines(boolean, text, text, text, text, text, int)');

create or replace function admin_orgs(p_q text, p_state text, p_after uuid, p_limit bigint) returns table (id uuid, slug text, name text, plan text, people bigint,
	suspended_at timestamptz, created_at timestamptz) language sql stable as $$
	select o.id, o.slug, o.name, o.plan, (select count(*) from public.memberships m where m.org_id = o.id), o.suspended_at, o.created_at
	from public.organizations o
	where (p_q is null or position(lower(p_q) in lower(o.name)) > 0 or position(lower(p_q) in o.slug) > 0)
		and (p_state is null or (p_state = 'suspended') = (o.suspended_at is not null)) and o.id < public.list_after(p_after::text)
	order by o.id desc limit p_limit
$$;
select fl_definer_function('admin_orgs(text, text, uuid, bigint)');

create or replace function admin_users(p_q text, p_state text, p_after uuid, p_limit bigint) returns table (id uuid, name text, email text, admin boolean,
	disabled_at timestamptz, locked_until timestamptz, orgs bigint, sessions bigint, last_seen_at timestamptz) language sql stable as $$
	select u.id, u.name, u.email, u.platform_role = 'platform_admin', u.disabled_at, case when u.locked_until > now() then u.locked_until end,
		(select count(*) from public.memberships m where m.user_id = u.id), (select count(*) from public.sessions s where s.user_id = u.id and s.expires_at > now()),
		(select max(s.last_seen_at) from public.sessions s where s.user_id = u.id)
	from public.users u
	where (p_q is null or position(lower(p_q) in u.email) > 0 or position(lower(p_q) in lower(u.name)) > 0) and u.id < public.list_after(p_after::text)
		and case p_state when 'admin' then u.platform_role = 'platform_admin' when 'disabled' then u.disabled_at is not null
			when 'locked' then u.locked_until > now() else true end
	order by u.id desc limit p_limit
$$;
select fl_definer_function('admin_users(text, text, uuid, bigint)');

create or replace function admin_sessions(p_user uuid, p_after uuid, p_limit bigint) returns table (id uuid, user_id uuid, name text, email text, address text, user_agent text,
	created_at timestamptz, last_seen_at timestamptz, second_factor_at timestamptz) language sql stable as $$
	select s.id, s.user_id, u.name, u.email, host(s.address), s.user_agent, s.created_at, s.last_seen_at, s.second_factor_at
	from public.sessions s join public.users u on u.id = s.user_id
	where s.expires_at > now() and (p_user is null or s.user_id = p_user) and s.id < public.list_after(p_after::text) order by s.id desc limit p_limit
$$;
select fl_definer_function('admin_sessions(uuid, uuid, bigint)');

create or replace function admin_audit(p_org text, p_action text, p_actor text, p_after uuid, p_limit bigint) returns table (id uuid, at timestamptz, actor_type text, actor text,
	action text, subject_kind text, subject_id uuid, detail text, request_id text, sealed boolean) language sql stable as $$
	select a.id, a.at, a.actor_type, u.email, a.action, a.subject_kind, a.subject_id, a.detail::text, a.request_id, s.audit_id is not null
	from public.audit_log a left join public.users u on u.id = a.actor_id left join public.audit_seals s on s.org_id = a.org_id and s.audit_id = a.id
	where a.org_id = public.admin_audit_org(p_org) and (p_action is null or a.action = p_action or starts_with(a.action, p_action || '.'))
		and (p_actor is null or u.email = lower(p_actor)) and a.id < public.list_after(p_after::text)
	order by a.id desc limit p_limit
$$;
select fl_definer_function('admin_audit(text, text, text, uuid, bigint)');
