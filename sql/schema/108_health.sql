-- Whether what Fairlead stands on answers, and since when (ADM-01, OBS-21).

insert into queues (name, alias, class, concurrency) values ('health', null, 'io', 1);

create table dependency_health (
	name text not null,
	at text not null, -- host:port or unix:/path, empty where there is only one
	state text not null check (state in ('ok', 'away', 'failing')),
	ms float8 not null,
	since timestamptz not null default now(),
	checked_at timestamptz not null default now(),
	primary key (name, at)
);
grant select, insert, update, delete on dependency_health to fl_definer;

create function sweep_health() returns bigint language plpgsql as $$
begin
	perform public.fl_work('ffffffff-ffff-ffff-ffff-ffffffffffff', null, null, '');
	perform public.fl_enqueue('health', 'health.check', '{}', 1, null, 'health');
	return 1;
end
$$;
select fl_definer_function('sweep_health()', 'fl_sweep');

-- A part that takes connections but fails at its work, by the records of the last quarter of an hour: mails that wait for another attempt and none that
-- went out since, three calls to a provider and more than half of them failed.
create function health_failing(p_name text) returns boolean language sql stable as $$
	select case p_name
		when 'smtp' then exists (select from public.jobs j where j.queue = 'email' and j.state = 'retry' and j.last_error is not null
				and not exists (select from public.job_history h where h.queue = 'email' and h.state = 'completed' and h.finished_at > j.updated_at))
		when 'anthropic' then (select count(*) >= 3 and count(*) filter (where c.status <> 'ok') * 2 > count(*) from public.llm_calls c
				where c.provider = p_name and c.status <> 'skipped' and c.created_at > now() - interval '15 minutes')
		when 'openai' then (select count(*) >= 3 and count(*) filter (where c.status <> 'ok') * 2 > count(*) from public.llm_calls c
				where c.provider = p_name and c.status <> 'skipped' and c.created_at > now() - interval '15 minutes')
		else false end
$$;
select fl_definer_function('health_failing(text)', 'fl_definer');

-- What a check found: since when changes with the state alone; what is no longer configured goes.
create function health_note(p_found jsonb) returns void language plpgsql as $$
begin
	delete from public.dependency_health d where not exists (select from jsonb_to_recordset(p_found) as x(name text, at text) where x.name = d.name and x.at = d.at);
	insert into public.dependency_health as d (name, at, state, ms)
		select x.name, x.at, case when x.state = 'ok' and public.health_failing(x.name) then 'failing' else x.state end, x.ms
		from jsonb_to_recordset(p_found) as x(name text, at text, state text, ms float8)
		on conflict (name, at) do update set since = case when d.state = excluded.state then d.since else now() end, state = excluded.state, ms = excluded.ms,
			checked_at = now();
end
$$;
select fl_definer_function('health_note(jsonb)');

-- What the page measured itself counts as it is; what stands elsewhere ('set') as the last check found it, unless that is older than three minutes.
create function health_list(p_facts jsonb) returns table (name text, state text, ms float8, detail text, since timestamptz, checked_at timestamptz)
	language sql stable as $$
	select x.name, case when x.state <> 'set' then x.state when d.checked_at > now() - interval '3 minutes' then d.state else 'unknown' end,
		case when x.state = 'set' then d.ms else x.ms end, x.detail,
		case when x.name = 'postgresql' then pg_postmaster_start_time() when x.state in ('set', d.state) then d.since end, d.checked_at
	from jsonb_array_elements(p_facts -> 'dependencies') with ordinality as e(part, n),
		jsonb_to_record(e.part) as x(name text, state text, ms float8, detail text)
	left join public.dependency_health d on d.name = x.name and d.at = x.detail
	order by e.n
$$;
select fl_definer_function('health_list(jsonb)');
