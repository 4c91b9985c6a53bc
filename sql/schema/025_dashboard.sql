-- What the first page shows: days counted by a sweep, requests whose last word is the requester's, and indexes for the few rows that need somebody now.

create table request_days (
	org_id uuid not null references organizations,
	day date not null, -- in the organisation's zone
	requests int not null,
	alone int not null,   -- decided without a person, and not undone
	person int not null,  -- decided by a person
	checked int not null, -- decisions of the day a person looked at
	wrong int not null,   -- and found wrong
	answer_p95_s int,     -- 95 of 100 requests of the 14 days up to this one had their first answer within; null: none was answered
	counted_at timestamptz not null default now(),
	primary key (org_id, day)
);
select fl_tenant_table('request_days', 'select');

-- A request is here while the newest message of its conversation came from outside.
create table intake_unanswered (
	org_id uuid not null,
	intake_id uuid not null,
	since timestamptz not null default now(),
	primary key (org_id, intake_id),
	foreign key (org_id, intake_id) references intake_requests (org_id, id)
);
select fl_tenant_table('intake_unanswered', 'select, insert, delete');

create function intake_unanswered_keep() returns trigger language plpgsql as $$
begin
	if new.direction = 'in' then
		insert into intake_unanswered (org_id, intake_id) values (new.org_id, new.intake_id) on conflict do nothing;
	elsif new.direction = 'out' then
		delete from intake_unanswered u where u.org_id = new.org_id and u.intake_id = new.intake_id;
	end if;
	return null;
end
$$;
create trigger unanswered after insert on intake_messages for each row execute function intake_unanswered_keep();

create function intake_unanswered_close() returns trigger language plpgsql as $$
begin
	delete from intake_unanswered u where u.org_id = new.org_id and u.intake_id = new.id;
	return null;
end
$$;
create trigger unanswered after update of status on intake_requests for each row when (new.status in ('CLOSED', 'REJECTED') and old.status <> new.status)
	execute function intake_unanswered_close();

-- A request has no person when it comes in: this index costs the way in nothing.
create index intake_requests_mine on intake_requests (org_id, assignee_id, due_at, id)
	where assignee_id is not null and status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW');
create index job_history_gave_up on job_history (org_id) where state = 'dead' and archived_at is null;

-- Counts one day of one organisation anew. Identifiers begin with their time, so a day is a range of the primary key.
create function request_day_count(p_org uuid, p_zone text, p_day date, p_answers boolean) returns void language plpgsql as $$
declare
	v_from uuid := public.uuid_at(p_day::timestamp at time zone p_zone);
	v_to uuid := public.uuid_at((p_day + 1)::timestamp at time zone p_zone);
	v_since uuid := public.uuid_at((p_day - 13)::timestamp at time zone p_zone);
	v_p95 int;
	n record;
	d record;
begin
	select count(*) as requests, count(*) filter (where a.state = 'AUTO_EXECUTED') as alone,
			count(*) filter (where a.state is distinct from 'AUTO_EXECUTED' and r.status in ('ASSIGNED', 'CLOSED', 'REJECTED')) as person into n
		from public.intake_requests r left join public.agent_decisions a on a.org_id = r.org_id and a.id = r.decision_id
		where r.org_id = p_org and r.id >= v_from and r.id < v_to and r.status <> 'QUARANTINED';
	select count(*) as checked, count(*) filter (where not a.correct) as wrong into d from public.agent_decisions a
		where a.org_id = p_org and a.id >= v_from and a.id < v_to and a.correct is not null;
	if p_answers then
		select percentile_disc(0.95) within group (order by extract(epoch from r.answered_at - r.created_at)) into v_p95 from public.intake_requests r
			where r.org_id = p_org and r.id >= v_since and r.id < v_to and r.answered_at is not null;
	else
		select t.answer_p95_s into v_p95 from public.request_days t where t.org_id = p_org and t.day = p_day;
	end if;
	insert into public.request_days as t (org_id, day, requests, alone, person, checked, wrong, answer_p95_s)
		values (p_org, p_day, n.requests, n.alone, n.person, d.checked, d.wrong, v_p95)
		on conflict (org_id, day) do update set requests = excluded.requests, alone = excluded.alone, person = excluded.person, checked = excluded.checked,
			wrong = excluded.wrong, answer_p95_s = excluded.answer_p95_s, counted_at = now();
end
$$;

-- Each minute today of the organisations with something new; every ten minutes today of all, with the times to the first answer; at the first run
-- and each hour the 13 days before as well, as people still correct what was decided then.
create function sweep_request_days() returns bigint language plpgsql as $$
declare
	o record;
	v_day date;
	v_first boolean;
	v_minute int := extract(minute from now());
	v_done bigint := 0;
begin
	for o in select id, zone from public.organizations where suspended_at is null order by id loop
		v_day := (now() at time zone o.zone)::date;
		v_first := not exists (select from public.request_days d where d.org_id = o.id and d.day = v_day);
		if not v_first and v_minute % 10 <> 0 and not exists (select from public.intake_requests r where r.org_id = o.id
				and r.id >= public.uuid_at(now() - interval '3 minutes')) then
			continue;
		end if;
		perform public.request_day_count(o.id, o.zone, v_day, v_first or v_minute % 10 = 0);
		v_done := v_done + 1;
		if v_first or v_minute = 0 then
			perform public.request_day_count(o.id, o.zone, v_day - n, v_first) from generate_series(1, 13) n;
			v_done := v_done + 13;
		end if;
	end loop;
	delete from public.request_days where day < current_date - 400;
	return v_done;
end
$$;
select fl_definer_function('sweep_request_days()', 'fl_sweep');

-- The functions below run on the most visited pages. They are plpgsql and name the organisation themselves, as the definer: the same reads as one
-- statement under row-level security took 218 us instead of 36 (frame) in pgbench, most of it setting up subplans.

-- The numbers in the frame of every page.
create function frame_counts(out unread bigint, out intake bigint, out approvals bigint, out jobs bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_user uuid := public.fl_user();
begin
	select count(*) into unread from (select from public.notifications n where n.org_id = v_org and n.user_id = v_user and n.read_at is null limit 100) x;
	select count(*) into jobs from (select from public.job_history h where h.org_id = v_org and h.state = 'dead' and h.archived_at is null limit 100) x;
	select coalesce(sum(n) filter (where name = 'intake.open'), 0)::bigint, coalesce(sum(n) filter (where name = 'intake.approval'), 0)::bigint
		into intake, approvals from (
			select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name in ('intake.approval', 'intake.open')
			union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name in ('intake.approval', 'intake.open')) x;
end
$$;
select fl_definer_function('frame_counts()');

-- What needs somebody now.
create function desk_now(out due_soon bigint, out late bigint, out first_due timestamptz, out approvals bigint, out replies bigint, out own_replies bigint,
	out gave_up bigint, out open bigint, out review bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
begin
	select count(*), count(*) filter (where x.due_at < now()), min(x.due_at) into due_soon, late, first_due from (select r.due_at from public.intake_requests r
		where r.org_id = v_org and r.due_at < now() + interval '1 hour' and r.answered_at is null
		and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') order by r.due_at, r.id limit 100) x;
	select count(*), count(*) filter (where r.assignee_id = public.fl_user()) into replies, own_replies from (select u.intake_id
		from public.intake_unanswered u where u.org_id = v_org limit 100) w join public.intake_requests r on r.org_id = v_org and r.id = w.intake_id;
	select count(*) into gave_up from (select from public.job_history h where h.org_id = v_org and h.state = 'dead' and h.archived_at is null limit 100) x;
	select coalesce(sum(n) filter (where name = 'intake.approval'), 0)::bigint, coalesce(sum(n) filter (where name = 'intake.review'), 0)::bigint,
			coalesce(sum(n) filter (where name = 'intake.open'), 0)::bigint into approvals, review, open from (
		select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name in ('intake.approval', 'intake.open', 'intake.review')
		union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name in ('intake.approval', 'intake.open', 'intake.review')) x;
end
$$;
select fl_definer_function('desk_now()');

-- What a new organisation has set up.
create function desk_steps(out form boolean, out mail boolean, out people boolean, out pipelines boolean, out hours boolean, out request boolean)
language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
begin
	form := exists (select from public.intake_forms f where f.org_id = v_org);
	mail := exists (select from public.mailboxes m where m.org_id = v_org);
	people := exists (select from public.memberships m where m.org_id = v_org offset 1);
	pipelines := exists (select from public.pipelines p where p.org_id = v_org);
	hours := (select o.settings ? 'hours' from public.organizations o where o.id = v_org);
	request := exists (select from public.intake_requests r where r.org_id = v_org);
end
$$;
select fl_definer_function('desk_steps()');

-- How the desk did lately: today, this week against the one before, and the answers.
create function desk_figures(out today bigint, out today_alone bigint, out alone bigint, out decided bigint, out points bigint, out checked bigint, out wrong bigint,
	out p95 bigint, out p95_before bigint) language plpgsql stable as $$
declare
	v_before_alone bigint;
	v_before bigint;
	v_n int := 0;
	d public.request_days;
begin
	today := 0; today_alone := 0; alone := 0; decided := 0; checked := 0; wrong := 0; v_before_alone := 0; v_before := 0;
	for d in select * from public.request_days t where t.org_id = public.fl_org() order by t.day desc limit 14 loop
		v_n := v_n + 1;
		if v_n = 1 and d.day >= (now() - interval '24 hours')::date then
			today := d.requests;
			today_alone := d.alone;
		end if;
		if v_n <= 7 then
			alone := alone + d.alone;
			decided := decided + d.alone + d.person;
		else
			v_before_alone := v_before_alone + d.alone;
			v_before := v_before + d.alone + d.person;
		end if;
		checked := checked + d.checked;
		wrong := wrong + d.wrong;
		if v_n = 1 then
			p95 := d.answer_p95_s;
		elsif v_n = 8 then
			p95_before := d.answer_p95_s;
		end if;
	end loop;
	points := round(100.0 * alone / nullif(decided, 0) - 100.0 * v_before_alone / nullif(v_before, 0));
end
$$;
select fl_definer_function('desk_figures()');
