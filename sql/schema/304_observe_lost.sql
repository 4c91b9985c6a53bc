-- Runs of jobs that did not end by themselves, of the last day: killed, timed out, or whose machine did not answer (promise 43: lease losses).
create function observe_lost() returns setof observe_sample language sql stable as $$
	select 'job_runs_lost', 'gauge', 'outcome', o.outcome, null::text, null::text, null::text, null::text,
		(select count(*)::float8 from public.job_attempts a where a.outcome = o.outcome and a.ended_at > now() - interval '1 day')
	from unnest('{killed,lost,timeout}'::text[]) o(outcome) order by o.outcome
$$;
create index job_attempts_lost on job_attempts (outcome, ended_at) where outcome in ('killed', 'lost', 'timeout');
select fl_definer_function('observe_lost()');
