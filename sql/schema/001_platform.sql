-- The floor everything stands on: roles and grants, organisations, people, sessions, principals, and fl_enter.
-- Rules: every tenant table goes through fl_tenant_table; every function that crosses tenants through fl_definer_function.

grant usage on schema public to fl_app, fl_sweep, fl_definer, fl_backup;
grant create on schema public to fl_definer;

-- UUID version 7 (RFC 9562): 48 bits of milliseconds, then random.
create function fl_uuid() returns uuid language sql volatile parallel safe as $$
	select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

create function fl_org() returns uuid language sql stable parallel safe as $$
	select nullif(current_setting('app.current_org_id', true), '')::uuid
$$;
create function fl_user() returns uuid language sql stable parallel safe as $$
	select nullif(current_setting('app.user_id', true), '')::uuid
$$;
create function fl_role() returns text language sql stable parallel safe as $$
	select current_setting('app.role', true)
$$;
-- Whether the acting principal has a right; rights are a text surrounded and separated by spaces.
create function fl_can(p_permission text) returns boolean language sql stable parallel safe as $$
	select position(' ' || p_permission || ' ' in coalesce(current_setting('app.rights', true), '')) > 0
$$;

-- Raises an answer of ours: FL401, FL403, FL404, FL409, FL422 or FL429 with a message key and the field at fault.
create function fl_fail(p_state text, p_message text, p_field text default null) returns void language plpgsql as $$
begin
	raise exception using errcode = p_state, message = p_message, detail = coalesce(p_field, '');
end
$$;

-- Puts a table under row-level security: fl_app sees its tenant, fl_definer (behind definer functions) all, nobody else anything.
create function fl_tenant_table(p_table text, p_grants text default 'select, insert, update, delete') returns void language plpgsql as $$
begin
	execute format('alter table %I enable row level security', p_table);
	execute format('alter table %I force row level security', p_table);
	execute format('create policy tenant on %I to fl_app, fl_owner using (org_id = (select fl_org())) with check (org_id = (select fl_org()))', p_table);
	execute format('create policy definer on %I to fl_definer using (true) with check (true)', p_table);
	execute format('grant %s on %I to fl_app', p_grants, p_table);
	execute format('grant select, insert, update, delete on %I to fl_definer', p_table);
end
$$;

-- Hands a security definer function to fl_definer and lets only p_to call it. Signature as in "name(uuid, text)".
create function fl_definer_function(p_signature text, p_to text default 'fl_app') returns void language plpgsql as $$
begin
	execute format('revoke all on function %s from public', p_signature);
	execute format('grant execute on function %s to %s', p_signature, p_to);
	execute format('alter function %s security definer', p_signature);
	execute format('alter function %s owner to fl_definer', p_signature);
end
$$;

create table organizations (
	id uuid primary key default fl_uuid(),
	slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
	name text not null check (length(name) between 1 and 200),
	industry text,
	size text check (size in ('Solo', '2-10', '11-50', '51+')),
	logo text,
	billing_email text,
	plan text not null default 'FREE' check (plan in ('FREE', 'STARTER', 'PROFESSIONAL', 'ENTERPRISE')),
	default_language text not null default 'en',
	zone text not null default 'UTC',
	currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
	settings jsonb not null default '{}',
	suspended_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
alter table organizations enable row level security;
alter table organizations force row level security;
create policy tenant on organizations to fl_app, fl_owner using (id = (select fl_org())) with check (id = (select fl_org()));
create policy definer on organizations to fl_definer using (true) with check (true);
grant select, update on organizations to fl_app;
grant select, insert, update, delete on organizations to fl_definer;

-- People are of the platform, not of a tenant (X-48): reached only through definer functions.
create table users (
	id uuid primary key default fl_uuid(),
	email text not null check (email = lower(email) and position('@' in email) > 1),
	name text not null check (length(name) between 1 and 200),
	password_hash text,
	platform_role text not null default 'none' check (platform_role in ('none', 'platform_admin')),
	phone text,
	avatar text,
	preferred_language text,
	zone text,
	currency text,
	date_format text,
	theme text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
	single_keys boolean not null default true,
	failed_sign_ins int not null default 0,
	locked_until timestamptz,
	disabled_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create unique index users_email on users (email);
grant select, insert, update, delete on users to fl_definer;

create table role_permissions (
	role text not null check (role in ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client', 'agent', 'service', 'platform_admin', 'form', 'link', 'webhook', 'none')),
	permission text not null,
	primary key (role, permission)
);
grant select on role_permissions to fl_app, fl_sweep;
grant select, insert, delete on role_permissions to fl_definer;

-- Gives a permission to the roles named, separated by spaces. For schema files.
create function fl_grant(p_permission text, p_roles text) returns void language sql as $$
	insert into role_permissions (role, permission) select r, p_permission from unnest(string_to_array(p_roles, ' ')) r on conflict do nothing
$$;

create table memberships (
	org_id uuid not null references organizations,
	user_id uuid not null references users,
	role text not null check (role in ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client')),
	name text not null,  -- of the person, so that a tenant can list its people without reading users
	email text not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, user_id)
);
create index memberships_user on memberships (user_id);
select fl_tenant_table('memberships', 'select');

create table sessions (
	id uuid primary key default fl_uuid(),
	token_hash bytea not null unique,
	user_id uuid not null references users on delete cascade,
	active_org_id uuid references organizations,
	ua_hash bytea,
	address inet,
	user_agent text,
	created_at timestamptz not null default now(),
	last_seen_at timestamptz not null default now(),
	expires_at timestamptz not null default now() + interval '30 days'
);
create index sessions_user on sessions (user_id, last_seen_at);
create index sessions_expiry on sessions (expires_at);
grant select, insert, update, delete on sessions to fl_definer;

-- Every door is a row here: one index probe tells who asks and what he may (design rule 3). org_id is the nil uuid for a
-- session without an organisation.
create table principals (
	token_hash bytea not null,
	org_id uuid not null,
	active boolean not null default true, -- the organisation taken when the request names none
	kind text not null check (kind in ('session', 'key', 'access', 'service', 'form', 'link', 'webhook')),
	user_id uuid,
	session_id uuid references sessions on delete cascade,
	subject_id uuid, -- the form, request, webhook source or key
	role text not null,
	rights text not null, -- ' a.b c.d '
	user_name text not null default '',
	org_name text not null default '',
	zone text not null default 'UTC',
	locale text not null default 'en',
	theme text not null default 'auto',
	single_keys boolean not null default true,
	admin boolean not null default false,
	last_seen_at timestamptz not null default now(),
	expires_at timestamptz,
	primary key (token_hash, org_id)
);
create index principals_user on principals (user_id) where user_id is not null;
create index principals_org on principals (org_id);
create index principals_session on principals (session_id) where session_id is not null;
create index principals_expiry on principals (expires_at) where expires_at is not null;
grant select, insert, update, delete on principals to fl_definer;

-- Opens the transaction of a request: finds the principal by the hash of its token (null p_org: its active organisation),
-- checks the permission, sets tenant, person, rights and request for this transaction, and makes a reading one read-only.
create function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text) returns principals language plpgsql as $$
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
	if r.token_hash is null or r.expires_at < now() then
		perform public.fl_fail('FL401', 'error.signed_out');
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
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text)');

-- The rights of a role as principals carry them.
create function fl_rights(p_role text, p_admin boolean default false) returns text language sql stable as $$
	select ' ' || coalesce(string_agg(distinct permission, ' '), '') || ' ' from public.role_permissions
		where role = p_role or (p_admin and role = 'platform_admin')
$$;

-- The same for a job: the tenant, and the rights its person has now (not those he had when he asked). Without a person: the agent's.
create function fl_work(p_org uuid, p_user uuid, p_job uuid, p_request text) returns void language plpgsql as $$
declare
	v_role text := 'agent';
	-- set by the job before this one in the same transaction; what a role may do does not change within it
	v_before text := case when current_setting('app.actor', true) = 'job' then current_setting('app.role', true) end;
	v_rights text := current_setting('app.rights', true);
begin
	if p_user is not null then
		select role into v_role from public.memberships where org_id = p_org and user_id = p_user;
		v_role := coalesce(v_role, 'none');
	end if;
	perform set_config('app.current_org_id', p_org::text, true),
		set_config('app.user_id', coalesce(p_user::text, ''), true),
		set_config('app.actor', 'job', true),
		set_config('app.role', v_role, true),
		set_config('app.rights', case when v_role = 'none' then '' when v_role = v_before and v_rights <> '' then v_rights else public.fl_rights(v_role) end, true),
		set_config('app.subject_id', '', true),
		set_config('app.job_id', coalesce(p_job::text, ''), true),
		set_config('app.request_id', p_request, true);
end
$$;
select fl_definer_function('fl_work(uuid, uuid, uuid, text)', 'fl_app, fl_sweep');

-- Writes the principals of all sessions of a person anew: after a change of role, name, zone, language or organisation (ROL-12).
create function fl_sessions_refresh(p_user uuid) returns void language plpgsql as $$
declare
	nil constant uuid := '00000000-0000-0000-0000-000000000000';
begin
	delete from public.principals p where p.user_id = p_user and p.kind = 'session';
	update public.sessions s set active_org_id = (select m.org_id from public.memberships m where m.user_id = p_user order by m.created_at, m.org_id limit 1)
		where s.user_id = p_user and not exists (select from public.memberships m where m.user_id = p_user and m.org_id = s.active_org_id);
	insert into public.principals (token_hash, org_id, active, kind, user_id, session_id, role, rights, user_name, org_name, zone, locale, theme, single_keys,
			admin, last_seen_at, expires_at)
		select s.token_hash, coalesce(m.org_id, nil), coalesce(m.org_id = s.active_org_id, true), 'session', u.id, s.id, coalesce(m.role, 'user'),
			case when m.role is null then public.fl_rights('none', u.platform_role = 'platform_admin')
				else public.fl_rights(m.role, u.platform_role = 'platform_admin') end,
			u.name, coalesce(o.name, ''), coalesce(u.zone, o.zone, 'UTC'), coalesce(u.preferred_language, o.default_language, 'en'),
			u.theme, u.single_keys, u.platform_role = 'platform_admin', s.last_seen_at, s.expires_at
		from public.sessions s join public.users u on u.id = s.user_id
			left join public.memberships m on m.user_id = u.id
			left join public.organizations o on o.id = m.org_id
		where u.id = p_user and u.disabled_at is null and (o.id is null or o.suspended_at is null);
end
$$;
select fl_definer_function('fl_sessions_refresh(uuid)');

-- After role_permissions changed (a migration): every principal of a role gets its rights anew.
create function fl_rights_refresh() returns void language plpgsql as $$
begin
	update public.principals p set rights = public.fl_rights(p.role, p.admin) where p.rights <> public.fl_rights(p.role, p.admin);
end
$$;
select fl_definer_function('fl_rights_refresh()', 'fl_owner');
