-- Orders to export or erase the data of an organisation, a person (an account) or a contact (somebody an organisation knows), CMP-02, CMP-03, X-67.
-- What there is to do is derived from the catalogue when the work begins, so that a new table cannot be forgotten. It is done step by step: a step is
-- one table of one organisation, a job does a bounded part of one or more, and what is done is written with the job's finish. Whatever kills the
-- worker, the next one goes on there.

insert into queues (name, alias, class, concurrency) values ('privacy', null, 'io', 2);
select fl_grant('privacy.manage', 'owner admin');

create table privacy_orders (
	id uuid primary key default fl_uuid(),
	what text not null check (what in ('export', 'erase')),
	subject text not null check (subject in ('organization', 'person', 'contact')),
	subject_id uuid not null,
	org_id uuid, -- of an organisation or a contact
	asked_by uuid,
	state text not null default 'waiting' check (state in ('waiting', 'working', 'packing', 'ready', 'done', 'cancelled', 'failed', 'gone')),
	documents boolean not null default false, -- erase: documents that name the contact go too
	begins_at timestamptz not null default now(),
	words jsonb, -- erase: what is looked for; gone at the end
	token_hash bytea, -- of the link to the certificate, or to the archive while it holds
	token_until timestamptz,
	size_bytes bigint,
	hash text, -- of the archive or the certificate
	certificate jsonb,
	expires_at timestamptz,
	ended_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index privacy_orders_subject on privacy_orders (subject_id, id);
create unique index privacy_orders_token on privacy_orders (token_hash) where token_hash is not null;
create unique index privacy_orders_open on privacy_orders (what, subject_id) where state in ('waiting', 'working', 'packing');

-- The organisations an order reaches, and what is the subject's there: the contact, requests, decisions, bookings.
create table privacy_reach (
	order_id uuid not null references privacy_orders,
	org_id uuid not null,
	ids uuid[] not null default '{}',
	primary key (order_id, org_id)
);

create table privacy_steps (
	order_id uuid not null references privacy_orders,
	n int not null,
	act text not null,
	org_id uuid,
	name text not null, -- of the table
	at jsonb, -- the key of the last row seen
	seen bigint not null default 0,
	rows bigint not null default 0, -- exported, removed, masked, kept
	parts text[] not null default '{}', -- export: the files that hold them
	ended_at timestamptz,
	primary key (order_id, n)
);

-- Files under DATA_DIR/files that are to go; a name that ends in a slash is a folder.
create table privacy_files (
	path text primary key check (path ~ '^[0-9a-f-]{36}/[0-9a-f]{0,64}$|^exports/[0-9a-f-]{36}(/|\.zip)$'),
	order_id uuid references privacy_orders
);
grant select, insert, update, delete on privacy_orders, privacy_reach, privacy_steps, privacy_files to fl_definer;

-- Tables with rows of organisations, and the columns by which their rows are gone through in turn; without a key of its own by place.
create function privacy_tables() returns table (name text, tenant boolean, keys text[], types text[]) language sql stable as $$
	select c.relname::text, c.relforcerowsecurity, coalesce(k.keys, '{}'), coalesce(k.types, '{}')
	from pg_class c
		left join lateral (select array_agg(a.attname::text order by i.o) as keys, array_agg(format_type(a.atttypid, a.atttypmod) order by i.o) as types
			from pg_index x, unnest(x.indkey::int[]) with ordinality i(n, o), pg_attribute a
			where x.indrelid = c.oid and x.indisprimary and a.attrelid = c.oid and a.attnum = i.n and a.attname <> 'org_id') k on true
	where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'privacy\_%'
		and (c.relname = 'organizations' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
	order by 1
$$;

-- Tables of the platform that hold what belongs to an account.
create function privacy_account_tables() returns table (name text, person text, keys text[], types text[]) language sql stable as $$
	select c.relname::text, a.attname::text, coalesce(k.keys, '{}'), coalesce(k.types, '{}')
	from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
			and (a.attname in ('user_id', 'to_email') or (c.relname = 'users' and a.attname = 'id'))
		left join lateral (select array_agg(b.attname::text order by i.o) as keys, array_agg(format_type(b.atttypid, b.atttypmod) order by i.o) as types
			from pg_index x, unnest(x.indkey::int[]) with ordinality i(n, o), pg_attribute b
			where x.indrelid = c.oid and x.indisprimary and b.attrelid = c.oid and b.attnum = i.n) k on true
	where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relforcerowsecurity
		and c.relname not in ('principals', 'program_errors') and c.relname not like 'privacy\_%'
	order by c.relname = 'users', 1
$$;

-- Columns of a table by kind: text (with varchar), jsonb, text[], uuid, uuid[].
create function privacy_columns(p_table text, p_type text) returns text[] language sql stable as $$
	select coalesce(array_agg(a.attname::text order by a.attnum), '{}') from pg_attribute a
	where a.attrelid = ('public.' || quote_ident(p_table))::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		and format_type(a.atttypid, null) = any (case p_type when 'text' then '{text,"character varying"}'::text[] else array[p_type] end)
$$;

-- What an archive leaves out: hashes and seals of secrets, passwords, links that open a door, and indexes made of the rest.
create function privacy_omitted(p_table text) returns text[] language sql stable as $$
	select coalesce(array_agg(a.attname::text order by a.attnum), '{}') from pg_attribute a
	where a.attrelid = ('public.' || quote_ident(p_table))::regclass and a.attnum > 0 and not a.attisdropped
		and (format_type(a.atttypid, null) = 'tsvector'
			or (format_type(a.atttypid, null) = 'bytea' and (p_table, a.attname::text) not in (('mail_raw', 'raw'), ('audit_seals', 'hash'), ('learner_models', 'bytes')))
			or (p_table, a.attname::text) in (('users', 'password_hash'), ('account_tokens', 'data'), ('idempotency', 'result'), ('principals', 'rights')))
$$;

-- One part of a table, in the order of its key: the rows after key p_at, at most p_most, as a FROM clause "(...) t"; privacy_place is where the row lies.
-- $1: the value of column p_owner (of type p_kind; no such column: all rows), $2: the key as a JSON array of texts, null to begin with.
create function privacy_part(p_table text, p_owner text, p_kind text, p_keys text[], p_types text[], p_most int) returns text language sql immutable as $$
	select format('(select x.*, x.ctid as privacy_place from public.%I x where %s and ($2::jsonb is null or (%s) > (%s)) order by %s limit %s) t', p_table,
		coalesce(format('x.%I = $1::%s', p_owner, p_kind), '$1::text is null'),
		coalesce(string_agg(format('x.%I', k), ', ' order by o), 'x.ctid'), coalesce(string_agg(format('($2 ->> %s)::%s', o - 1, p_types[o]), ', ' order by o), '($2 ->> 0)::tid'),
		coalesce(string_agg(format('x.%I', k), ', ' order by o), 'x.ctid'), p_most)
	from unnest(p_keys) with ordinality u(k, o)
$$;
-- The key of a row of that clause.
create function privacy_key(p_keys text[]) returns text language sql immutable as $$
	select format('jsonb_build_array(%s)', coalesce(string_agg(format('t.%I::text', k), ', ' order by o), 't.privacy_place::text')) from unnest(p_keys) with ordinality u(k, o)
$$;

-- Jobs of orders run under the platform: an organisation's own go with it.
create function privacy_enqueue(p_kind text, p_order uuid, p_at timestamptz default null) returns void language plpgsql as $$
declare
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
	v_user text := coalesce(current_setting('app.user_id', true), '');
begin
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true), set_config('app.user_id', '', true);
	perform public.fl_enqueue('privacy', p_kind, jsonb_strip_nulls(jsonb_build_object('order_id', p_order)), 6, p_at);
	perform set_config('app.current_org_id', v_org, true), set_config('app.user_id', v_user, true);
end
$$;
select fl_definer_function('privacy_enqueue(text, uuid, timestamptz)', 'fl_definer');

-- An audit row in the chain of an organisation, or of the platform (null).
create function privacy_note(p_org uuid, p_action text, p_order uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
declare
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
begin
	perform set_config('app.current_org_id', coalesce(p_org, '00000000-0000-0000-0000-000000000000')::text, true);
	perform public.fl_audit(p_action, 'privacy_order', p_order, p_detail);
	perform set_config('app.current_org_id', v_org, true);
end
$$;
select fl_definer_function('privacy_note(uuid, text, uuid, jsonb)', 'fl_definer');

-- What belongs to the subject of an order in one organisation.
create function privacy_ids(p_subject text, p_id uuid, p_org uuid) returns uuid[] language plpgsql stable as $$
declare
	v_email text;
	v_phone text;
	v_ids uuid[];
begin
	if p_subject = 'organization' then
		return '{}';
	elsif p_subject = 'contact' then
		select c.email, c.phone into v_email, v_phone from public.contacts c where c.org_id = p_org and c.id = p_id;
	else
		select u.email, null into v_email, v_phone from public.users u where u.id = p_id;
	end if;
	select coalesce(array_agg(x.id), '{}') into v_ids from (
		select r.id from public.intake_requests r where r.org_id = p_org and (r.contact_id = p_id or lower(r.requester_email) = v_email
			or (v_phone <> '' and r.requester_phone = v_phone))
		union select b.id from public.bookings b where b.org_id = p_org and lower(b.email) = v_email
		union select c.id from public.contacts c where c.org_id = p_org and (c.id = p_id or c.email = v_email)) x;
	return v_ids || array(select d.id from public.agent_decisions d where d.org_id = p_org and d.intake_id = any (v_ids));
end
$$;

-- Begins the work: where it reaches, and the steps. Nothing when the order is not waiting (any more).
create function privacy_begin(p_order uuid) returns void language plpgsql as $$
declare
	o public.privacy_orders;
begin
	update public.privacy_orders x set state = 'working', updated_at = now() where x.id = p_order and x.state = 'waiting' and x.begins_at <= now() returning * into o;
	if o.id is null then
		return;
	end if;
	if o.subject = 'person' then
		-- where the person is a member, or ever was
		insert into public.privacy_reach (order_id, org_id, ids)
			select o.id, g.id, public.privacy_ids(o.subject, o.subject_id, g.id) from public.organizations g
			where exists (select from public.memberships m where m.org_id = g.id and m.user_id = o.subject_id)
				or exists (select from public.audit_log a where a.org_id = g.id and a.subject_id = o.subject_id);
	else
		insert into public.privacy_reach (order_id, org_id, ids) values (o.id, o.org_id, public.privacy_ids(o.subject, o.subject_id, o.org_id));
	end if;
	if o.what = 'export' then
		perform public.privacy_plan_export(o);
	else
		perform public.privacy_plan_erase(o);
	end if;
end
$$;
select fl_definer_function('privacy_begin(uuid)', 'fl_definer');
