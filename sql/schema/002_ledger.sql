-- What happened: events, audit with its seals, idempotency records, counters. All append-only for the programs.

create table event_types (
	type text not null check (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
	version text not null check (version ~ '^[0-9]+\.[0-9]+$'),
	required text[] not null default '{}',
	optional text[] not null default '{}',
	current boolean not null default true, -- the version new events carry; others are still accepted (EVT-06)
	primary key (type, version)
);
create table event_listeners (
	type text not null,
	consumer text not null,
	queue text not null,
	kind text not null,
	primary key (type, consumer)
);
grant select on event_types, event_listeners to fl_app, fl_sweep, fl_definer;

create table system_events (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	type text not null,
	occurred_at timestamptz not null default now(),
	actor_type text not null check (actor_type in ('user', 'system', 'job')),
	actor_id uuid,
	envelope_version text not null default '1.0',
	payload_schema text not null,
	payload jsonb not null,
	dedupe_key text,
	correlation_id text,
	trace_id text,
	meta jsonb not null default '{}',
	primary key (org_id, id)
);
create unique index system_events_dedupe on system_events (org_id, type, dedupe_key) where dedupe_key is not null;
select fl_tenant_table('system_events', 'select, insert');

create function fl_refuse_change() returns trigger language plpgsql as $$
begin
	raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger immutable before update or delete or truncate on system_events for each statement execute function fl_refuse_change();
revoke update, delete on system_events from fl_definer;

-- A consumer that has done its work for an event writes a row here in the same transaction (EVT-08).
create table event_deliveries (
	org_id uuid not null,
	consumer text not null,
	event_id uuid not null,
	done_at timestamptz not null default now(),
	primary key (org_id, consumer, event_id)
);
select fl_tenant_table('event_deliveries', 'select, insert');

-- Writes an event of the current tenant and one job for each listener, in the transaction of the change it tells of. The
-- payload is held against its schema; an event with the same dedupe key is not written twice. Answers its id, null for a repeat.
create function fl_emit(p_type text, p_payload jsonb, p_dedupe text default null, p_correlation text default null) returns uuid language plpgsql as $$
declare
	t record;
	l record;
	v_id uuid;
	v_request text := coalesce(current_setting('app.request_id', true), '');
begin
	select version, required, optional into t from event_types where type = p_type and current;
	if not found then
		raise exception 'unknown event type %', p_type using errcode = 'invalid_parameter_value';
	end if;
	if not p_payload ?& t.required or p_payload - t.required - t.optional <> '{}'::jsonb then
		raise exception 'payload of % does not fit %@%: %', p_type, p_type, t.version, p_payload using errcode = 'invalid_parameter_value';
	end if;
	insert into system_events (org_id, type, actor_type, actor_id, payload_schema, payload, dedupe_key, correlation_id, trace_id, meta)
		values (fl_org(), p_type, coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
			coalesce(fl_user(), nullif(current_setting('app.job_id', true), '')::uuid),
			p_type || '@' || t.version, p_payload, p_dedupe, coalesce(p_correlation, v_request), v_request, '{"source":"fairlead"}')
		on conflict (org_id, type, dedupe_key) where dedupe_key is not null do nothing returning id into v_id;
	if v_id is not null then
		for l in select queue, kind from event_listeners where type = p_type loop
			perform fl_enqueue(l.queue, l.kind, p_payload || jsonb_build_object('event_id', v_id));
		end loop;
	end if;
	return v_id;
end
$$;

-- Audit: who did what to what. xid orders the rows for the sealer (design rule 11).
create table audit_log (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	xid xid8 not null default pg_current_xact_id(),
	at timestamptz not null default now(),
	actor_type text not null,
	actor_id uuid,
	action text not null,
	subject_kind text not null,
	subject_id uuid,
	detail jsonb not null default '{}',
	request_id text,
	primary key (org_id, id)
);
create index audit_log_seal on audit_log (org_id, xid, id);
create index audit_log_subject on audit_log (org_id, subject_id) where subject_id is not null;
select fl_tenant_table('audit_log', 'select, insert');
create trigger immutable before update or delete or truncate on audit_log for each statement execute function fl_refuse_change();
revoke update, delete on audit_log from fl_definer;

create function fl_audit(p_action text, p_subject_kind text, p_subject_id uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	insert into audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		values (fl_org(), coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
			coalesce(fl_user(), nullif(current_setting('app.job_id', true), '')::uuid), p_action, p_subject_kind, p_subject_id, p_detail,
			coalesce(current_setting('app.request_id', true), ''));
end
$$;

-- The chain: hash = SHA-256(previous hash || canonical row). One insert-only row for each audit row, in (xid, id) order.
create table audit_seals (
	org_id uuid not null,
	seq bigint not null,
	audit_id uuid not null,
	xid xid8 not null,
	hash bytea not null,
	sealed_at timestamptz not null default now(),
	primary key (org_id, seq),
	unique (org_id, audit_id)
);
select fl_tenant_table('audit_seals', 'select');
create trigger immutable before update or delete or truncate on audit_seals for each statement execute function fl_refuse_change();
revoke update, delete on audit_seals from fl_definer;

-- What is hashed of a row. jsonb's text form is canonical: keys in fixed order, no stray blanks.
create function fl_audit_canonical(a audit_log) returns bytea language sql immutable as $$
	select convert_to(concat_ws(E'\x1f', a.org_id, a.id, (extract(epoch from a.at) * 1000000)::bigint, a.actor_type, coalesce(a.actor_id::text, '-'),
		a.action, a.subject_kind, coalesce(a.subject_id::text, '-'), a.detail::text, coalesce(a.request_id, '-')), 'UTF8')
$$;

-- Seals the rows of all organisations whose transactions are certainly over, oldest first, at most p_most an organisation.
create function fl_audit_seal(p_most int default 10000) returns bigint language plpgsql as $$
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
	for o in select id from public.organizations order by id loop
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

-- What an unsafe request with a key did, kept 24 hours; written by the statement itself (see "effect" in docs/architecture.md).
create table idempotency (
	org_id uuid not null,
	route text not null, -- method and path
	key_hash bytea not null,
	body_hash bytea not null,
	result jsonb not null,
	created_at timestamptz not null default now(),
	primary key (org_id, route, key_hash)
);
create index idempotency_age on idempotency (created_at);
select fl_tenant_table('idempotency', 'select, insert');

-- Claims a key for this transaction. FL409 while another holds it, FL422 when it was used with another body, and FL208 with the kept
-- result in DETAIL when the work is done already, which aborts the rest of the pipeline.
create function fl_claim(p_route text, p_key bytea, p_body bytea) returns void language plpgsql as $$
declare
	r record;
begin
	-- A person without an organisation changes only his own profile, which may be done twice.
	if fl_org() is null then
		return;
	end if;
	if not pg_try_advisory_xact_lock(hashtextextended(fl_org()::text || p_route || encode(p_key, 'hex'), 0)) then
		perform fl_fail('FL409', 'error.in_flight');
	end if;
	select body_hash, result into r from idempotency where org_id = fl_org() and route = p_route and key_hash = p_key;
	if found and r.body_hash <> p_body then
		perform fl_fail('FL422', 'error.key_reused');
	elsif found then
		perform fl_fail('FL208', 'done already', r.result::text);
	end if;
	perform set_config('app.claim_route', p_route, true), set_config('app.claim_key', encode(p_key, 'hex'), true),
		set_config('app.claim_body', encode(p_body, 'hex'), true);
end
$$;

-- Keeps the result of the effect under the claimed key; does nothing when no key was claimed.
create function fl_keep(p_result jsonb) returns void language plpgsql as $$
declare
	v_route text := current_setting('app.claim_route', true);
begin
	if v_route <> '' then
		insert into idempotency (org_id, route, key_hash, body_hash, result)
			values (fl_org(), v_route, decode(current_setting('app.claim_key'), 'hex'), decode(current_setting('app.claim_body'), 'hex'), p_result);
	end if;
end
$$;

-- Counters: many requests insert deltas, a sweep folds them, a page sums both (design rule 11).
create table counters (
	org_id uuid not null,
	name text not null,
	value bigint not null,
	primary key (org_id, name)
);
create table counter_deltas (
	org_id uuid not null,
	name text not null,
	delta bigint not null,
	id bigint generated always as identity,
	primary key (org_id, name, id)
);
select fl_tenant_table('counters', 'select');
select fl_tenant_table('counter_deltas', 'select, insert');

create function fl_count(p_name text, p_delta bigint) returns void language plpgsql as $$
begin
	insert into counter_deltas (org_id, name, delta) values (fl_org(), p_name, p_delta);
end
$$;

create function fl_counters_fold() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	with d as (
		delete from public.counter_deltas returning org_id, name, delta
	), summed as (
		insert into public.counters as c (org_id, name, value) select org_id, name, sum(delta) from d group by org_id, name
			on conflict (org_id, name) do update set value = c.value + excluded.value
	)
	select count(*) into v_done from d;
	return v_done;
end
$$;
select fl_definer_function('fl_counters_fold()', 'fl_sweep, fl_app');
