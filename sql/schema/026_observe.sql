-- What a monitor and an operator see: metrics as rows, the state of the platform, the proof of the audit chain.

-- Totals survive the tally's retention, so that counters never fall.
create table job_tally_kept (
	queue text not null,
	kind text not null,
	state text not null,
	jobs bigint not null,
	total_ms float8 not null,
	primary key (queue, kind, state)
);
grant select, insert, update on job_tally_kept to fl_definer;

create function observe_tally_keep() returns trigger language plpgsql as $$
begin
	insert into public.job_tally_kept as k (queue, kind, state, jobs, total_ms)
		select queue, kind, state, sum(jobs), sum(total_ms) from gone group by queue, kind, state
		on conflict (queue, kind, state) do update set jobs = k.jobs + excluded.jobs, total_ms = k.total_ms + excluded.total_ms;
	return null;
end
$$;
create trigger kept after delete on job_tally referencing old table as gone for each statement execute function observe_tally_keep();

-- Calls to models by organisation, folded each minute.
create table llm_tally (
	org_id uuid not null,
	model text not null,
	calls bigint not null,
	errors bigint not null,
	prompt_tokens bigint not null,
	completion_tokens bigint not null,
	primary key (org_id, model)
);
grant select, insert, update on llm_tally to fl_definer;
create table llm_tally_mark (at timestamptz not null);
insert into llm_tally_mark values (now());
grant select, update on llm_tally_mark to fl_definer;

create function sweep_llm_stats() returns bigint language plpgsql as $$
declare
	v_from timestamptz;
	v_to timestamptz := now() - interval '10 seconds'; -- transactions that write calls are over by then
	v_done bigint;
begin
	select at into v_from from public.llm_tally_mark for update;
	insert into public.llm_tally as t (org_id, model, calls, errors, prompt_tokens, completion_tokens)
		select o.id, c.model, count(*), count(*) filter (where c.status <> 'ok'), sum(c.prompt_tokens), sum(c.completion_tokens)
		from public.organizations o join public.llm_calls c on c.org_id = o.id and c.created_at > v_from and c.created_at <= v_to
		where c.status <> 'skipped' group by o.id, c.model
		on conflict (org_id, model) do update set calls = t.calls + excluded.calls, errors = t.errors + excluded.errors,
			prompt_tokens = t.prompt_tokens + excluded.prompt_tokens, completion_tokens = t.completion_tokens + excluded.completion_tokens;
	get diagnostics v_done = row_count;
	update public.llm_tally_mark set at = v_to;
	return v_done;
end
$$;
select fl_definer_function('sweep_llm_stats()', 'fl_sweep');

-- One queue a row, as it is now.
create type observe_queue as (name text, waiting bigint, active bigint, retrying bigint, scheduled bigint, completed bigint, failed bigint, dead bigint,
	oldest_s float8, paused boolean);
create function observe_queues() returns setof observe_queue language sql stable as $$
	select q.name, coalesce(j.waiting, 0), coalesce(j.active, 0), coalesce(j.retrying, 0), coalesce(j.scheduled, 0),
		coalesce(t.completed, 0)::bigint, coalesce(t.failed, 0)::bigint, coalesce(d.dead, 0), coalesce(j.oldest_s, 0)::float8, q.paused_at is not null
	from public.queues q
	left join (select u.queue, count(*) filter (where u.state = 'queued') as waiting, count(*) filter (where u.state = 'active') as active,
			count(*) filter (where u.state = 'retry') as retrying, count(*) filter (where u.state = 'delayed') as scheduled,
			extract(epoch from now() - min(u.run_at) filter (where u.state = 'queued')) as oldest_s
		from public.jobs u group by u.queue) j on j.queue = q.name
	left join (select a.queue, sum(a.jobs) filter (where a.state = 'completed') as completed, sum(a.jobs) filter (where a.state = 'dead') as failed
		from (select queue, state, jobs from public.job_tally union all select queue, state, jobs from public.job_tally_kept) a group by a.queue) t
		on t.queue = q.name
	left join (select h.queue, count(*) as dead from public.job_history h where h.state = 'dead' and h.archived_at is null group by h.queue) d
		on d.queue = q.name
	order by q.name
$$;
select fl_definer_function('observe_queues()');

-- Calls to models: the twenty organisations with most calls by name, the rest as `other` (X-65).
create type observe_llm as (org text, model text, calls bigint, errors bigint, prompt_tokens bigint, completion_tokens bigint);
create function observe_llm_top() returns setof observe_llm language sql stable as $$
	with top as (
		select t.org_id from public.llm_tally t group by t.org_id order by sum(t.calls) desc, t.org_id limit 20
	)
	select coalesce(o.slug, 'other'), t.model, sum(t.calls)::bigint, sum(t.errors)::bigint, sum(t.prompt_tokens)::bigint, sum(t.completion_tokens)::bigint
	from public.llm_tally t left join top on top.org_id = t.org_id left join public.organizations o on o.id = top.org_id
	group by 1, 2 order by 1, 2
$$;
select fl_definer_function('observe_llm_top()');

-- Every sample of the database's side, those of one metric together.
create type observe_sample as (metric text, kind text, k1 text, v1 text, k2 text, v2 text, k3 text, v3 text, value float8);
create function observe_metrics() returns setof observe_sample language plpgsql stable as $$
begin
	return query select m.name, m.kind, 'queue', q.name, null::text, null::text, null::text, null::text, m.value
		from public.observe_queues() q cross join lateral (values ('job_queue_waiting', 'gauge', q.waiting::float8), ('job_queue_active', 'gauge', q.active),
			('job_queue_completed', 'counter', q.completed), ('job_queue_failed', 'counter', q.failed), ('job_queue_dead', 'gauge', q.dead),
			('job_queue_oldest_seconds', 'gauge', q.oldest_s), ('job_queue_paused', 'gauge', q.paused::int)) m(name, kind, value)
		order by m.name, q.name;
	return query select 'job_processing_duration_seconds' || m.part, 'summary', 'queue', a.queue, 'job_type', a.kind, null::text, null::text, m.value
		from (select t.queue, t.kind, sum(t.total_ms) / 1000 as s, sum(t.jobs)::float8 as n
			from (select queue, kind, total_ms, jobs from public.job_tally where state = 'completed'
				union all select queue, kind, total_ms, jobs from public.job_tally_kept where state = 'completed') t group by t.queue, t.kind) a
		cross join lateral (values ('_sum', a.s), ('_count', a.n)) m(part, value) order by a.queue, a.kind, m.part desc;
	return query select m.name, 'gauge', null::text, null::text, null::text, null::text, null::text, null::text, m.value::float8
		from (select count(*) as total, count(*) filter (where state = 'idle') as idle from pg_stat_activity where datname = current_database()) c
		cross join lateral (values ('db_connections_total', c.total), ('db_connections_idle', c.idle),
			('db_connections_max', current_setting('max_connections')::bigint)) m(name, value);
	return query select m.name, 'counter', null::text, null::text, null::text, null::text, null::text, null::text, m.value::float8
		from pg_stat_database d cross join lateral (values ('db_commits_total', d.xact_commit), ('db_rollbacks_total', d.xact_rollback),
			('db_deadlocks_total', d.deadlocks)) m(name, value) where d.datname = current_database();
	return query select m.name, 'counter', 'model', l.model, 'org', l.org, m.k, m.v, m.value::float8
		from public.observe_llm_top() l cross join lateral (values ('llm_api_calls_total', 'status', 'ok', l.calls - l.errors),
			('llm_api_calls_total', 'status', 'error', l.errors), ('llm_tokens_used', 'type', 'prompt', l.prompt_tokens),
			('llm_tokens_used', 'type', 'completion', l.completion_tokens)) m(name, k, v, value) order by m.name, l.org, l.model, m.v;
	return query select m.name, 'gauge', 'sweep', s.name, null::text, null::text, null::text, null::text, m.value
		from public.sweeps s cross join lateral (values ('sweep_last_run_age_seconds', extract(epoch from now() - s.last_finished)::float8),
			('sweep_late', (s.paused_at is null and s.next_at < now() - interval '2 minutes')::int::float8)) m(name, value)
		where m.value is not null order by m.name, s.name;
end
$$;
select fl_definer_function('observe_metrics()');

-- The schema's newest file, how many connections there are, and the like; for the status page.
create type observe_platform as (schema text, postgres text, connections bigint, connections_max bigint, orgs bigint, audit_unsealed_s float8,
	database_bytes bigint);
create function observe_database() returns observe_platform language sql stable as $$
	select (select max(name) from public.schema_migrations), current_setting('server_version'),
		(select count(*) from pg_stat_activity where datname = current_database()), current_setting('max_connections')::bigint,
		(select count(*) from public.organizations),
		(select coalesce(extract(epoch from now() - s.last_finished), 0)::float8 from public.sweeps s where s.name = 'audit-seal'),
		case when pg_has_role('pg_read_all_stats', 'usage') then pg_database_size(current_database()) end -- else unknown: bootstrap.sql grants it
$$;
grant select on schema_migrations to fl_definer;
select fl_definer_function('observe_database()');

-- The smallest id made at that time or later: lists bounded by time use the primary key.
create function observe_id_at(p_at timestamptz) returns uuid language sql immutable as $$
	select (encode(substring(int8send((extract(epoch from p_at) * 1000)::bigint) from 3), 'hex') || '00000000000000000000')::uuid
$$;

-- Recomputes the chain of an organisation; one row for each thing that is wrong, and a last one that sums up (problem null).
create function audit_verify(p_org uuid) returns table (seq bigint, audit_id uuid, problem text, sealed bigint, unsealed bigint, head text) language plpgsql stable as $$
declare
	r record;
	v_hash bytea := sha256(convert_to(p_org::text, 'UTF8'));
	v_seq bigint := 0;
	v_xid xid8 := '0'::xid8;
	v_id uuid := '00000000-0000-0000-0000-000000000000';
begin
	for r in select s.seq as n, s.audit_id as of, s.xid as sx, s.hash as h, a.id as row_id, a.xid as ax, public.fl_audit_canonical(a) as canonical
			from public.audit_seals s left join public.audit_log a on a.org_id = s.org_id and a.id = s.audit_id where s.org_id = p_org order by s.seq loop
		seq := r.n;
		audit_id := r.of;
		if r.n <> v_seq + 1 then
			problem := format('%s seals before this one were removed', r.n - v_seq - 1);
			return next;
		elsif (r.sx, r.of) <= (v_xid, v_id) then
			problem := 'the order of the rows was changed';
			return next;
		end if;
		if r.row_id is null then
			problem := 'the row was removed';
			return next;
		elsif r.ax <> r.sx or sha256(v_hash || r.canonical) <> r.h then
			problem := 'the row was changed';
			return next;
		end if;
		v_hash := r.h;
		v_seq := r.n;
		v_xid := r.sx;
		v_id := r.of;
	end loop;
	for r in select a.id from public.audit_log a where a.org_id = p_org and (a.xid, a.id) <= (v_xid, v_id)
			and not exists (select from public.audit_seals s where s.org_id = p_org and s.audit_id = a.id) loop
		seq := null;
		audit_id := r.id;
		problem := 'the row was put in behind the seals';
		return next;
	end loop;
	seq := v_seq;
	audit_id := null;
	problem := null;
	sealed := (select count(*) from public.audit_seals s where s.org_id = p_org);
	unsealed := (select count(*) from public.audit_log a where a.org_id = p_org and (a.xid, a.id) > (v_xid, v_id));
	head := encode(v_hash, 'hex');
	return next;
end
$$;
select fl_definer_function('audit_verify(uuid)', 'fl_owner');

-- The command line acts on jobs of every organisation.
create function ctl_enter() returns void language sql as $$
	select set_config('app.rights', ' job.admin job.manage job.read ', true), set_config('app.actor', 'system', true)
$$;
revoke all on function ctl_enter() from public;

create function ctl_jobs_test(p_org text, p_n int) returns bigint language plpgsql as $$
declare
	v_org uuid := (select id from public.organizations where slug = p_org);
begin
	if v_org is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	perform set_config('app.current_org_id', v_org::text, true);
	return (select count(public.fl_enqueue('sync', 'noop', jsonb_build_object('n', n))) from generate_series(1, p_n) n);
end
$$;
select fl_definer_function('ctl_jobs_test(text, int)', 'fl_owner');

create function ctl_users() returns table (id uuid, email text, name text, admin boolean, disabled boolean, locked boolean, orgs text) language sql stable as $$
	select u.id, u.email, u.name, u.platform_role = 'platform_admin', u.disabled_at is not null, coalesce(u.locked_until > now(), false),
		coalesce((select string_agg(o.slug || ':' || m.role, ' ' order by o.slug) from public.memberships m join public.organizations o on o.id = m.org_id
			where m.user_id = u.id), '')
	from public.users u order by u.email
$$;
select fl_definer_function('ctl_users()', 'fl_owner');

create function ctl_keys() returns table (id uuid, org text, name text, role text, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz,
	revoked_at timestamptz) language sql stable as $$
	select k.id, o.slug, k.name, k.role, k.created_at, p.last_seen_at, k.expires_at, k.revoked_at
	from public.api_keys k join public.organizations o on o.id = k.org_id left join public.principals p on p.token_hash = k.token_hash
	order by o.slug, k.id
$$;
select fl_definer_function('ctl_keys()', 'fl_owner');

-- No row when there is no such key.
create function ctl_key_revoke(p_id uuid) returns setof uuid language plpgsql as $$
declare
	k public.api_keys;
begin
	update public.api_keys set revoked_at = coalesce(revoked_at, now()) where id = p_id returning * into k;
	if found then
		delete from public.principals where token_hash = k.token_hash;
		perform set_config('app.current_org_id', k.org_id::text, true), set_config('app.actor', 'system', true);
		perform public.fl_audit('key.revoke', 'key', k.id, jsonb_build_object('name', k.name));
		return next k.id;
	end if;
end
$$;
select fl_definer_function('ctl_key_revoke(uuid)', 'fl_owner');

-- Tables with org_id that the programs may touch and on which row-level security is not both enabled and forced. None, or the house is open.
create function ctl_unforced() returns table (name text) language sql stable as $$
	select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
	where n.nspname = 'public' and c.relkind in ('r', 'p') and a.attname = 'org_id' and not a.attisdropped
		and not (c.relrowsecurity and c.relforcerowsecurity)
		and has_table_privilege('fl_app', c.oid, 'select, insert, update, delete') order by 1
$$;
