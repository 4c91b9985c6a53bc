-- The reminders of a round of jobs, each table written by one statement.

-- Events written in sets: those that listen to their type get their jobs.
create function fl_event_heard(p_type text, p_events uuid[]) returns void language plpgsql as $$
declare
	l record;
begin
	if not exists (select from event_listeners k where k.type = p_type) then
		return;
	end if;
	for l in select e.id, e.payload, e.correlation_id, k.queue, k.kind from unnest(p_events) with ordinality x(id, n) join system_events e on e.org_id = fl_org() and e.id = x.id
			join event_listeners k on k.type = p_type order by x.n, k.queue, k.kind loop
		perform set_config('app.request_id', coalesce(l.correlation_id, ''), true);
		perform fl_enqueue(l.queue, l.kind, l.payload || jsonb_build_object('event_id', l.id));
	end loop;
end
$$;

-- Guests of an event, and who booked, are reminded at the addresses they left. Each element names the reminder and the request it is done for.
create function remind_guests(p_all jsonb) returns void language plpgsql as $$
declare
	o record;
	r reminders;
begin
	for o in select a.id, a.request from jsonb_to_recordset(p_all) a(id uuid, request text) order by a.id loop
		select * into r from reminders x where x.org_id = fl_org() and x.id = o.id;
		perform set_config('app.request_id', o.request, true);
		if r.subject_kind = 'event' then
			perform calendar_guests_reminded(r);
		else
			perform booking_reminded(r);
		end if;
	end loop;
end
$$;

-- p_all: [{"id", "job", "request"}]. Each is sent once; what it reminds of being over, it is dropped.
create function remind_fire_all(p_all jsonb) returns void language plpgsql
	set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
	v_org uuid := fl_org();
	v_user uuid := fl_user();
	v_actor text := coalesce(nullif(current_setting('app.actor', true), ''), 'system');
	v_trace text := nullif(current_setting('app.trace_id', true), '');
	v_people uuid[];
	v_kinds text[];
	v_subject_kinds text[];
	v_subjects uuid[];
	v_details jsonb[];
	v_requests text[];
	v_guests jsonb;
	v_events uuid[];
begin
	with fired as (
		update reminders x set state = case when x.due_at < now() then 'dropped' else 'sent' end, updated_at = now(),
				late = (x.due_at < now()) is not true and now() > x.at + interval '1 minute', sent_at = case when (x.due_at < now()) is not true then now() end
			from (select distinct on (a.id) a.id, a.job, a.request from jsonb_to_recordset(p_all) a(id uuid, job uuid, request text) order by a.id) a
			where x.org_id = v_org and x.id = a.id and x.state = 'queued'
			returning x.id, x.user_id, x.kind, x.subject_kind, x.subject_id, x.detail, x.due_at, x.late, x.state, a.job, a.request
	), sent as materialized (
		select f.*, fl_uuid() as event from fired f where f.state = 'sent' order by f.id
	), event as (
		insert into system_events (org_id, id, type, actor_type, actor_id, payload_schema, payload, correlation_id, trace_id)
			select v_org, s.event, 'reminder.due', v_actor, coalesce(v_user, s.job), 'reminder.due@1.0', jsonb_strip_nulls(jsonb_build_object('reminder_id', s.id,
					'subject_kind', s.subject_kind, 'subject_id', s.subject_id, 'user_id', s.user_id, 'late', s.late)), s.request, coalesce(v_trace, s.request)
				from sent s
	), people as (
		select s.*, s.detail || jsonb_build_object('late', s.late, 'due_at', s.due_at, 'urgent', s.due_at is null or s.due_at < now() + interval '2 hours') as told
			from sent s where s.user_id is not null
	)
	select array_agg(p.user_id), array_agg(p.kind), array_agg(p.subject_kind), array_agg(p.subject_id), array_agg(p.told), array_agg(p.request),
			(select jsonb_agg(jsonb_build_object('id', s.id, 'request', s.request)) from sent s where s.user_id is null), (select array_agg(s.event) from sent s)
		into v_people, v_kinds, v_subject_kinds, v_subjects, v_details, v_requests, v_guests, v_events from people p;
	if v_people is not null then
		perform fl_notify_each(v_people, v_kinds, v_subject_kinds, v_subjects, v_details, v_requests);
	end if;
	if v_guests is not null then
		perform remind_guests(v_guests);
	end if;
	perform fl_event_heard('reminder.due', coalesce(v_events, '{}'));
end
$$;
drop function remind_fire(uuid);
