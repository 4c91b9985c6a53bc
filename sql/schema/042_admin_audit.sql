-- The audit log across organisations, its export, and errors of the program itself (OBS-11).

-- The organisation with this short name; the nil uuid, which is the platform's own chain, for "platform".
create function admin_audit_org(p_slug text) returns uuid language sql stable as $$
	select case when p_slug = 'platform' then '00000000-0000-0000-0000-000000000000'::uuid
		else (select o.id from public.organizations o where o.slug = p_slug) end
$$;
select fl_definer_function('admin_audit_org(text)', 'fl_definer');

create function admin_audit(p_org text, p_action text, p_actor text, p_after uuid, p_limit bigint) returns table (id uuid, at timestamptz, actor_type text, actor text,
	action text, subject_kind text, subject_id uuid, detail text, request_id text, sealed boolean) language sql stable as $$
	select a.id, a.at, a.actor_type, u.email, a.action, a.subject_kind, a.subject_id, a.detail::text, a.request_id, s.audit_id is not null
	from public.audit_log a left join public.users u on u.id = a.actor_id left join public.audit_seals s on s.org_id = a.org_id and s.audit_id = a.id
	where a.org_id = public.admin_audit_org(p_org) and (p_action is null or a.action = p_action or starts_with(a.action, p_action || '.'))
		and (p_actor is null or u.email = lower(p_actor)) and (p_after is null or a.id < p_after)
	order by a.id desc limit p_limit
$$;
select fl_definer_function('admin_audit(text, text, text, uuid, bigint)');

-- A cell of CSV (RFC 4180) that no spreadsheet takes for a formula.
create function csv_cell(p text) returns text language sql immutable as $$
	select '"' || replace(case when p ~ '^[=+@\t\r-]' then '''' || p else coalesce(p, '') end, '"', '""') || '"'
$$;

-- The lines of an export. NDJSON: the chain as it was sealed, 5,000 rows from seal p_from on, with what each hash is made of, so that
-- `fairlead audit verify --file` needs nothing else; CSV: the newest 5,000 rows that match. That it was made is audited first.
create function admin_audit_export(p_org text, p_format text, p_action text, p_actor text, p_from bigint) returns setof text language plpgsql as $$
declare
	v_org uuid := public.admin_audit_org(p_org);
	v_before bytea;
begin
	if v_org is null then
		perform public.fl_fail('FL422', 'wrong.org_unknown', 'org');
	end if;
	perform public.admin_note(null, 'audit.export', 'organization', v_org, jsonb_build_object('format', p_format, 'from', p_from));
	if p_format = 'csv' then
		return next '"at","actor_type","actor","action","subject_kind","subject_id","detail","request_id"';
		return query select concat_ws(',', public.csv_cell(to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), public.csv_cell(a.actor_type),
				public.csv_cell(a.actor), public.csv_cell(a.action), public.csv_cell(a.subject_kind), public.csv_cell(a.subject_id::text), public.csv_cell(a.detail),
				public.csv_cell(a.request_id))
			from public.admin_audit(p_org, p_action, p_actor, null, 5000) a;
		return;
	end if;
	select s.hash into v_before from public.audit_seals s where s.org_id = v_org and s.seq = p_from - 1;
	return next jsonb_build_object('fairlead_audit', 1, 'org', v_org, 'from', p_from,
		'before', encode(coalesce(v_before, sha256(convert_to(v_org::text, 'UTF8'))), 'hex'))::text;
	return query select jsonb_build_object('seq', s.seq, 'id', a.id, 'at_us', ((extract(epoch from a.at) * 1000000)::bigint)::text, 'actor_type', a.actor_type,
			'actor_id', a.actor_id, 'action', a.action, 'subject_kind', a.subject_kind, 'subject_id', a.subject_id, 'detail', a.detail::text,
			'request_id', a.request_id, 'hash', encode(s.hash, 'hex'))::text
		from public.audit_seals s join public.audit_log a on a.org_id = s.org_id and a.id = s.audit_id
		where s.org_id = v_org and s.seq >= p_from and s.seq < p_from + 5000 order by s.seq;
	return query select jsonb_build_object('rows', count(*), 'head', encode((array_agg(t.hash order by t.seq desc))[1], 'hex'))::text from
		(select s.seq, s.hash from public.audit_seals s where s.org_id = v_org and s.seq >= p_from and s.seq < p_from + 5000) t;
end
$$;
select fl_definer_function('admin_audit_export(text, text, text, text, bigint)');

-- Faults of the program: one row a cause, with the last time's context; ids and masked text only.
create table program_errors (
	fingerprint text primary key, -- route, place in the source
	route text not null,
	place text not null,
	message text not null,
	status int not null,
	times bigint not null default 1,
	first_at timestamptz not null default now(),
	last_at timestamptz not null default now(),
	org_id uuid,
	user_id uuid,
	role text,
	request_id text not null
);
create index program_errors_last on program_errors (last_at);
grant select, insert, update, delete on program_errors to fl_definer;

create function program_error(p_route text, p_place text, p_message text, p_status bigint, p_org text, p_user text, p_role text, p_request text) returns void
	language plpgsql as $$
begin
	insert into public.program_errors as e (fingerprint, route, place, message, status, org_id, user_id, role, request_id)
		values (md5(p_route || p_place), p_route, p_place, left(p_message, 500), p_status::int, nullif(p_org, '')::uuid, nullif(p_user, '')::uuid, p_role, p_request)
		on conflict (fingerprint) do update set message = excluded.message, status = excluded.status, times = e.times + 1, last_at = now(),
			org_id = excluded.org_id, user_id = excluded.user_id, role = excluded.role, request_id = excluded.request_id;
end
$$;
select fl_definer_function('program_error(text, text, text, bigint, text, text, text, text)');

create function admin_errors() returns table (route text, place text, message text, status bigint, times bigint, first_at timestamptz, last_at timestamptz,
	org_name text, role text, request_id text) language sql stable as $$
	select e.route, e.place, e.message, e.status::bigint, e.times, e.first_at, e.last_at, o.name, e.role, e.request_id
	from public.program_errors e left join public.organizations o on o.id = e.org_id order by e.last_at desc limit 200
$$;
select fl_definer_function('admin_errors()');
