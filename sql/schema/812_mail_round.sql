-- Mails leave in rounds: a process that has one takes more of the same organisation, sends them over one connection and writes down what became of them by one statement.

-- More jobs of the queue, priority and organisation of one that p_worker holds, at most p_most. Its place in the queue is theirs too: a round is one turn of an organisation.
create function fl_job_claim_more(p_org uuid, p_id uuid, p_most int, p_lease_s float8, p_worker text) returns setof public.jobs language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
	v_queue text;
	v_priority smallint;
	v_most int;
begin
	select j.queue, j.priority, case when q.rate_limit is null then p_most else public.fl_job_allowance(q.name, p_most, q.rate_limit, q.rate_window_s) end
		into v_queue, v_priority, v_most
		from public.jobs j join public.queues q on q.name = j.queue and q.paused_at is null where j.org_id = p_org and j.id = p_id and j.state = 'active' and j.worker = p_worker;
	return query update public.jobs u set state = 'active', fence = (random() * 4294967295)::bigint << 32 | (random() * 4294967295)::bigint,
			worker = p_worker, lease_until = now() + make_interval(secs => p_lease_s), started_at = clock_timestamp(), renewed_at = null,
			runs = u.runs + 1, again_at = null, updated_at = now()
		where u.ctid = any (array(select c.ctid from public.jobs c where c.state = 'queued' and c.queue = v_queue and c.priority = v_priority and c.org_id = p_org
			and not c.suspect and c.kills = 0 order by c.queue, c.priority, c.org_id, c.id limit v_most for update skip locked)) returning u.*;
end
$$;
select fl_definer_function('fl_job_claim_more(uuid, uuid, int, float8, text)');

-- As before, for a process that held several: p_handed are the jobs that handed something over already, and their attempts say so.
drop function fl_job_release(text, uuid, text, int, text);
create function fl_job_release(p_worker text, p_current uuid, p_outcome text, p_signal int, p_error text, p_handed uuid[] default '{}') returns setof text language plpgsql as $$
declare
	j public.jobs;
	v_held int;
	v_blamed boolean;
	v_outcome text;
begin
	select count(*) into v_held from public.jobs where state = 'active' and worker = p_worker;
	for j in select * from public.jobs where state = 'active' and worker = p_worker order by org_id, id for update loop
		v_blamed := p_outcome <> 'returned' and (coalesce(j.id = p_current, false) or v_held = 1);
		v_outcome := case when v_blamed then p_outcome else 'returned' end;
		insert into public.job_attempts (org_id, job_id, run, outcome, error, signal, worker, started_at, ended_at)
			values (j.org_id, j.id, j.runs, v_outcome, p_error || case when j.id = any (p_handed) then ', handed over ' || j.id else '' end, nullif(p_signal, 0), j.worker, j.started_at,
				clock_timestamp()) on conflict do nothing;
		update public.jobs set fence = null, lease_until = null, worker = null, updated_at = now(),
				state = case when v_outcome = 'timeout' then 'retry' else 'queued' end,
				run_at = case when v_outcome = 'timeout' then clock_timestamp() + public.fl_job_backoff(errors + 1) else run_at end,
				errors = errors + (v_outcome = 'timeout')::int,
				kills = kills + (v_outcome in ('killed', 'lost'))::int,
				suspect = suspect or (not v_blamed and p_outcome <> 'returned' and p_current is null),
				last_error = case when v_blamed then p_error else last_error end,
				last_signal = case when v_blamed then nullif(p_signal, 0) else last_signal end,
				fingerprint = case when v_blamed then public.fl_fingerprint(kind, p_error) else fingerprint end
			where org_id = j.org_id and id = j.id;
		if v_outcome in ('killed', 'lost') and j.kills >= 3 then
			perform public.fl_job_bury(j.org_id, j.id, 'dead');
		end if;
		return next j.queue;
	end loop;
end
$$;
select fl_definer_function('fl_job_release(text, uuid, text, int, text, uuid[])');

-- What a mail keeps once it went: no keys.
create function mail_kept(p_data jsonb, p_template text) returns jsonb language plpgsql immutable as $$
begin
	return p_data - 'status_key' - 'visit_key' - 'ics' - case when p_template = 'invite' then 'path' else '' end;
end
$$;

-- Mails of a round that went, or are held for want of a server; each with its job and state.
create function mail_sent_all(p_ids uuid[], p_jobs uuid[], p_states text[]) returns void language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
	v_org uuid := fl_org();
begin
	update email_messages e set state = x.state, error = null, updated_at = now(), sent_at = case when x.state = 'sent' then now() end,
			tries = least(32000, 1 + (select count(*) from job_attempts a where a.org_id = v_org and a.job_id = x.job and a.outcome <> 'returned')),
			data = case when x.state = 'sent' then mail_kept(e.data, e.template) else e.data end
		from (select distinct on (a.id) a.* from unnest(p_ids, p_jobs, p_states) a(id, job, state) order by a.id) x
		where e.org_id = v_org and e.id = x.id and e.state not in ('sent', 'bounced');
end
$$;

-- A mail that failed for good.
create function mail_failed(p_id uuid, p_error text) returns void language plpgsql as $$
declare
	v_status text := substring(p_error from '\m5\.[0-9]{1,3}\.[0-9]{1,3}\M');
begin
	update email_messages e set state = 'failed', error = p_error, updated_at = now(), sent_at = null,
			tries = least(32000, (select count(*) from job_attempts a where a.org_id = e.org_id and a.job_id = nullif(current_setting('app.job_id', true), '')::uuid and a.outcome <> 'returned'))
		where e.org_id = fl_org() and e.id = p_id and e.state not in ('sent', 'bounced');
	if not found then
		return;
	end if;
	perform fl_audit('email.failed', 'email', p_id, jsonb_build_object('error', left(p_error, 300)));
	if mail_status_hard(v_status) then
		perform mail_came_back(p_id, 'failed', v_status, p_error);
	else
		perform fl_notify(null, 'mail_failed', 'email', p_id, '{}');
	end if;
end
$$;
drop function mail_sent(uuid, text, text);
