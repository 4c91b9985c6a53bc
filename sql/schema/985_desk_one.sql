-- The first page in one function, which opens a portal once and counts each thing once: what needs somebody now, how the desk did lately, and the numbers of the frame around it,
-- whose counters and dead jobs are the same.
create function desk_today(out due_soon bigint, out late bigint, out first_due timestamptz, out approvals bigint, out replies bigint, out own_replies bigint, out gave_up bigint, out open bigint,
	out review bigint, out today bigint, out today_alone bigint, out alone bigint, out decided bigint, out points bigint, out checked bigint, out wrong bigint, out p95 bigint, out p95_before bigint,
	out counted_at timestamptz, out unread bigint, out jobs bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_user uuid := public.fl_user();
	v_unscoped boolean := public.fl_unscoped();
	v_today date := (now() at time zone (select o.zone from public.organizations o where o.id = v_org))::date;
	v_before_alone bigint;
	v_before bigint;
begin
	select x.n, x.late, x.first, w.n, w.own, (select count(*) from (select from public.job_history h where h.org_id = v_org and h.state = 'dead' and h.archived_at is null limit 100) h),
			(select count(*) from (select from public.notifications n where n.org_id = v_org and n.user_id = v_user and n.read_at is null limit 100) n)
		into due_soon, late, first_due, replies, own_replies, gave_up, unread
		from (select count(*) as n, count(*) filter (where x.due_at < now()) as late, min(x.due_at) as first from (select r.due_at from public.intake_requests r
				where r.org_id = v_org and r.due_at < now() + interval '1 hour' and r.answered_at is null
				and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') order by r.due_at, r.id limit 100) x) x,
			(select count(*) as n, count(*) filter (where r.assignee_id = v_user) as own from (select u.intake_id from public.intake_unanswered u where u.org_id = v_org limit 100) u
				join public.intake_requests r on r.org_id = v_org and r.id = u.intake_id) w;
	-- who is narrowed counts what he sees, and dead jobs do not stand in his frame
	if v_unscoped then
		jobs := gave_up;
		select coalesce(sum(n) filter (where name = 'intake.approval'), 0), coalesce(sum(n) filter (where name = 'intake.review'), 0), coalesce(sum(n) filter (where name = 'intake.open'), 0)
			into approvals, review, open from (
			select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name in ('intake.approval', 'intake.open', 'intake.review')
			union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name in ('intake.approval', 'intake.open', 'intake.review')) x;
	else
		jobs := 0;
		select t.approval, t.review, t.open into approvals, review, open from public.intake_tally() t;
	end if;
	select coalesce(sum(d.alone) filter (where d.n <= 7), 0), coalesce(sum(d.requests) filter (where d.n <= 7), 0), sum(d.alone) filter (where d.n > 7), sum(d.requests) filter (where d.n > 7),
			coalesce(sum(d.checked), 0), coalesce(sum(d.wrong), 0), min(d.answer_p95_s) filter (where d.n = 1), min(d.answer_p95_s) filter (where d.n = 8),
			coalesce(min(d.requests) filter (where d.day = v_today), 0), coalesce(min(d.alone) filter (where d.day = v_today), 0),
			min(d.counted_at) filter (where d.day = v_today)
		into alone, decided, v_before_alone, v_before, checked, wrong, p95, p95_before, today, today_alone, counted_at
		from (select t.*, row_number() over (order by t.day desc) as n from public.request_days t where t.org_id = v_org order by t.day desc limit 14) d;
	points := round(100.0 * alone / nullif(decided, 0) - 100.0 * v_before_alone / nullif(v_before, 0));
end
$$;
select fl_definer_function('desk_today()');
drop function desk_now();
drop function desk_figures();
