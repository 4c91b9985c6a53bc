-- Reminders (X-28, RES-04): rows made ahead of their time. A sweep looks six minutes ahead and makes a job that runs at the minute itself; the job
-- marks the row and tells the person in one transaction, so that each is sent once. What is found late is marked late, what is about something over is dropped.

create table reminders (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	kind text not null, -- of the notification
	subject_kind text not null,
	subject_id uuid not null,
	at timestamptz not null,
	due_at timestamptz, -- of what it reminds of: dropped when that is over; null: never
	detail jsonb not null default '{}',
	state text not null default 'waiting' check (state in ('waiting', 'queued', 'sent', 'dropped', 'withdrawn')),
	late boolean not null default false,
	sent_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, subject_id, user_id, kind, at)
);
create index reminders_due on reminders (at) where state = 'waiting';
select fl_tenant_table('reminders');

-- One reminder of p_user (fl_notify, its channels as he chose) at p_at. p_due: when that of which it reminds is; later it is dropped. The same
-- again: the one that is there, waiting once more when it had been withdrawn. Null when p_at is past.
create function fl_remind(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_at timestamptz, p_detail jsonb default '{}', p_due timestamptz default null)
	returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	if p_at <= now() then
		return null;
	end if;
	insert into public.reminders as r (org_id, user_id, kind, subject_kind, subject_id, at, due_at, detail)
		values (public.fl_org(), p_user, p_kind, p_subject_kind, p_subject, p_at, p_due, coalesce(p_detail, '{}'))
		on conflict (org_id, subject_id, user_id, kind, at) do update set due_at = excluded.due_at, detail = excluded.detail, updated_at = now(),
			state = case when r.state = 'withdrawn' then 'waiting' else r.state end
		returning r.id into v_id;
	return v_id;
end
$$;

-- Takes back what has not been sent of a subject; p_user null: everybody's.
create function fl_remind_withdraw(p_subject_kind text, p_subject uuid, p_user uuid default null) returns void language plpgsql as $$
begin
	update public.reminders set state = 'withdrawn', updated_at = now() where org_id = public.fl_org() and subject_kind = p_subject_kind and subject_id = p_subject
		and state in ('waiting', 'queued') and (p_user is null or user_id = p_user);
end
$$;

-- The usual ones before p_due: organizations.settings.reminder_min, minutes, by default 24 h and 1 h. Those already past are left out.
create function fl_remind_before(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_due timestamptz, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform public.fl_remind(p_user, p_kind, p_subject_kind, p_subject, p_due - make_interval(mins => m::int), p_detail || jsonb_build_object('due_at', p_due), p_due)
		from public.organizations o, jsonb_array_elements_text(case when jsonb_typeof(o.settings -> 'reminder_min') = 'array' then o.settings -> 'reminder_min' else '[1440, 60]' end) m
		where o.id = public.fl_org() and m ~ '^[0-9]{1,6}$';
end
$$;

-- The sweep.
create function remind_sweep() returns bigint language plpgsql as $$
declare
	r record;
	v_org uuid;
	v_done bigint := 0;
begin
	for r in update public.reminders u set state = 'queued', updated_at = now() where u.ctid = any (array(select w.ctid from public.reminders w
			where w.state = 'waiting' and w.at <= now() + interval '6 minutes' order by w.at limit 50000 for update skip locked)) returning u.org_id, u.id, u.at loop
		if v_org is distinct from r.org_id then
			v_org := r.org_id;
			perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
		end if;
		perform public.fl_enqueue('scheduling-reminders', 'remind.send', jsonb_build_object('reminder_id', r.id), 3, r.at);
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('remind_sweep()', 'fl_sweep');

-- The job: tells the person, once.
create function remind_fire(p_id uuid) returns void language plpgsql as $$
declare
	r reminders;
begin
	select * into r from reminders x where x.org_id = fl_org() and x.id = p_id for update;
	if r.state is distinct from 'queued' then
		return;
	end if;
	if r.due_at < now() then
		update reminders x set state = 'dropped', updated_at = now() where x.org_id = fl_org() and x.id = p_id;
		return;
	end if;
	update reminders x set state = 'sent', late = now() > r.at + interval '1 minute', sent_at = now(), updated_at = now() where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	perform fl_notify(r.user_id, r.kind, r.subject_kind, r.subject_id, r.detail || jsonb_build_object('late', r.late));
	perform fl_emit('reminder.due', jsonb_build_object('reminder_id', r.id, 'subject_kind', r.subject_kind, 'subject_id', r.subject_id, 'user_id', r.user_id, 'late', r.late));
end
$$;

insert into notification_kinds values ('task_reminder', 95);

-- A task's date: who has it is reminded; a new date, person or end takes the old ones back.
create function task_remind() returns trigger language plpgsql as $$
begin
	perform fl_remind_withdraw('task', new.id);
	if new.due_at is not null and new.assignee_id is not null and new.status not in ('DONE', 'CANCELLED') then
		perform fl_remind_before(new.assignee_id, 'task_reminder', 'task', new.id, new.due_at, jsonb_build_object('subject', new.title));
	end if;
	return null;
end
$$;
create trigger remind_new after insert on tasks for each row when (new.due_at is not null) execute function task_remind();
create trigger remind_change after update on tasks for each row when (new.due_at is distinct from old.due_at or new.assignee_id is distinct from old.assignee_id
	or new.status in ('DONE', 'CANCELLED') and old.status not in ('DONE', 'CANCELLED')) execute function task_remind();
