-- What each mail costs of PostgreSQL (a reminder fired, claimed, sent and finished took 3.8 ms of it).

-- As language sql it was planned at every call, twice a job.
create or replace function fl_rights(p_role text, p_admin boolean default false) returns text language plpgsql stable as $$
begin
	return (select ' ' || coalesce(string_agg(distinct permission, ' '), '') || ' ' from public.role_permissions
		where role = p_role or (p_admin and role = 'platform_admin'));
end
$$;

-- Queue by queue, up to the first that gives something; before, all of them were asked first.
create or replace function fl_job_claim(p_queues text[], p_most int, p_after uuid, p_lease_s float8, p_worker text, p_lazy boolean)
	returns setof public.jobs language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
	v_name text;
	q record;
	v_most int;
begin
	perform pg_advisory_unlock_all();
	foreach v_name in array p_queues loop
		continue when not exists (select from public.jobs j where j.state = 'queued' and j.queue = v_name);
		select c.concurrency, c.rate_limit, c.rate_window_s into q from public.queues c where c.name = v_name and c.paused_at is null;
		if not found or not public.fl_job_place(v_name, q.concurrency) then
			continue;
		end if;
		v_most := p_most;
		if q.rate_limit is not null then
			v_most := public.fl_job_allowance(v_name, p_most, q.rate_limit, q.rate_window_s);
		end if;
		if v_most > 0 then
			return query select * from public.fl_job_take(v_name, v_most, p_after, p_lease_s, p_worker);
			if found then
				if p_lazy then
					perform set_config('synchronous_commit', 'off', true);
				end if;
				return;
			end if;
		end if;
		perform pg_advisory_unlock_all();
	end loop;
end
$$;
select fl_definer_function('fl_job_claim(text[], int, uuid, float8, text, boolean)');

create or replace function mail_queue(p_to_email text, p_to_name text, p_locale text, p_template text, p_data jsonb, p_intake uuid, p_in_reply_to text, p_references text,
		p_automatic boolean) returns uuid language plpgsql as $$
declare
	v_org uuid := public.fl_org();
	v_to text := lower(p_to_email);
	v_id uuid := public.fl_uuid();
	v_job uuid;
	v_most int;
	v_stop text;
begin
	if p_automatic then
		if exists (select from public.mailboxes b where b.org_id = v_org and b.address = v_to) then
			return null;
		end if;
		v_most := case when exists (select from public.memberships m where m.org_id = v_org and m.email = v_to) then 100 when p_template in ('meeting', 'meeting-off') then 20 else 5 end;
		-- the limit for strangers, who may be programs that answer, is exact; people of the organisation do not wait for each other
		if v_most < 100 then
			perform pg_advisory_xact_lock(hashtext('mail_queue'), hashtext(v_org::text || v_to));
		end if;
		if (select count(*) from (select from public.email_messages e where e.org_id = v_org and e.to_email = v_to and e.automatic
				and e.created_at > now() - interval '1 day' limit v_most) x) >= v_most then
			return null;
		end if;
	end if;
	select trim(s.status || ' ' || s.reason) into v_stop from public.mail_stops s where s.org_id = v_org and s.email = v_to;
	if v_stop is null then
		v_job := public.fl_enqueue('email', 'email.send', jsonb_build_object('email_id', v_id));
	end if;
	insert into public.email_messages (org_id, id, to_email, to_name, locale, template, data, intake_id, number, message_id, in_reply_to, reference_ids,
			automatic, state, error, job_id)
		select v_org, v_id, v_to, left(regexp_replace(coalesce(p_to_name, ''), '[[:cntrl:]]+', ' ', 'g'), 200), coalesce(p_locale, o.default_language), p_template,
			coalesce(p_data, '{}'), p_intake, (select r.number from public.intake_requests r where r.org_id = v_org and r.id = p_intake), '<' || v_id || '@' || coalesce(split_part(b.address, '@', 2), o.slug || '.invalid') || '>', p_in_reply_to, p_references,
			p_automatic, case when v_job is null then 'stopped' else 'queued' end, v_stop, v_job
		from public.organizations o left join lateral (select m.address from public.mailboxes m where m.org_id = o.id and m.active order by m.created_at limit 1) b
			on true where o.id = v_org;
	return v_id;
end
$$;
