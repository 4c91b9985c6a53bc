drop trigger fault on job_history;
drop function job_fault();

-- Jobs that were given up are faults too (OBS-11): by kind and by how the last run ended, masked, with organisation and person by id. A sweep counts them, so that the round in
-- which they fail waits for no row that others count in. What tells faults or progress or posts to a customer tells none of its own, and what was wrong or forbidden in what
-- a person or a partner sent is no fault of ours.
alter table job_history add column fault_seen boolean not null default false;

create index job_history_fault on job_history (finished_at) where state = 'dead' and archived_at is null and not fault_seen;

-- A fault that did not come again for 90 days is forgotten.
create function sweep_faults() returns bigint language plpgsql as $$
declare
	r record;
	v_done bigint := 0;
begin
	for r in
		with seen as (
			update public.job_history h set fault_seen = true where (h.org_id, h.id) in (select d.org_id, d.id from public.job_history d
					where d.state = 'dead' and d.archived_at is null and not d.fault_seen order by d.finished_at limit 10000 for update skip locked)
				returning h.*
		), ended as (
			select s.*, coalesce(a.rc, a.outcome) as how
			from seen s left join lateral (select x.rc, x.outcome from public.job_attempts x where x.org_id = s.org_id and x.job_id = s.id order by x.run desc limit 1) a on true
		)
		select distinct on (route, place) 'job ' || e.kind as route, concat_ws(' ', e.queue, e.how) as place, e.org_id, e.user_id, e.request_id,
			regexp_replace(regexp_replace(coalesce(e.last_error, 'given up'), '[^[:space:]<>"@]+@[^[:space:]<>"@]+', '[e-mail]', 'g'), '[0-9]{9,}', '[number]', 'g') as message,
			count(*) over (partition by e.kind, e.queue, e.how) as times
		from ended e where e.kind not in ('fault.tell', 'hook.progress', 'hook.post') and coalesce(e.how, '') not in ('invalid', 'denied')
		order by route, place, e.finished_at desc
	loop
		perform public.program_error(r.route, r.place, r.message, 0, case when r.org_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff' then r.org_id::text else '' end,
			coalesce(r.user_id::text, ''), '', r.request_id);
		update public.program_errors e set times = e.times + r.times - 1 where e.fingerprint = md5(r.route || r.place);
		v_done := v_done + r.times;
	end loop;
	delete from public.program_errors e where e.last_at < now() - interval '90 days';
	return v_done;
end
$$;
select fl_definer_function('sweep_faults()', 'fl_sweep');
