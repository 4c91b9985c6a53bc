-- The rest of choosing how one is told: the code of a number, leaving by the link in a mail, who was meant by a name, reminders that say what is urgent.

-- The code that came with the text message. A wrong one counts: after five, or a quarter of an hour, another has to be sent.
create function note_phone_prove(p_code text) returns table (said text) language plpgsql as $$
declare
	s notification_settings;
begin
	select * into s from notification_settings x where x.org_id = fl_org() and x.user_id = fl_user() for update;
	if s.phone_code = regexp_replace(p_code, '[^0-9]', '', 'g') and s.phone_tries < 5 and s.phone_sent_at > now() - interval '15 minutes' then
		update notification_settings x set phone_proved_at = now(), phone_code = null, updated_at = now() where x.org_id = s.org_id and x.user_id = s.user_id;
		return query select 'phone_proved';
		return;
	end if;
	update notification_settings x set phone_tries = least(x.phone_tries + 1, 9), updated_at = now() where x.org_id = s.org_id and x.user_id = s.user_id;
	return query select 'phone_wrong';
end
$$;

-- What the link of a mail leaves: one kind, or all mail ('*'). The link's signature was checked by who calls.
create function note_door(p_org uuid, p_user uuid, p_kind text) returns table (kind text, org_name text, gone boolean) language plpgsql stable as $$
begin
	return query select p_kind, o.name, not exists (select from public.notification_kinds k left join public.notification_preferences c
			on c.org_id = m.org_id and c.user_id = m.user_id and c.kind = k.kind where (p_kind = '*' or k.kind = p_kind) and coalesce(c.email, k.by_mail))
		from public.memberships m join public.organizations o on o.id = m.org_id where m.org_id = p_org and m.user_id = p_user;
end
$$;
select fl_definer_function('note_door(uuid, uuid, text)');

create function note_leave(p_org uuid, p_user uuid, p_kind text) returns table (done bigint) language plpgsql as $$
begin
	if not exists (select from public.memberships m where m.org_id = p_org and m.user_id = p_user) then
		return;
	end if;
	perform set_config('app.current_org_id', p_org::text, true), set_config('app.user_id', p_user::text, true), set_config('app.actor', 'user', true);
	insert into public.notification_preferences (org_id, user_id, kind, in_app, email)
		select p_org, p_user, k.kind, true, false from public.notification_kinds k where p_kind = '*' or k.kind = p_kind
		on conflict on constraint notification_preferences_pkey do update set email = false, updated_at = now();
	perform public.fl_audit('note.leave', 'user', p_user, jsonb_build_object('kind', p_kind));
	return query select 1::bigint;
end
$$;
select fl_definer_function('note_leave(uuid, uuid, text)');

-- The people of the organisation a text names: "@Ana Ruiz", "@ana" (the part of her address before the @). Names are taken as long as they fit.
create function note_named(p_text text) returns setof uuid language sql stable as $$
	select m.user_id from memberships m where m.org_id = fl_org() and position('@' in p_text) > 0 and exists (
		select from (values (lower(m.name)), (lower(split_part(m.email, '@', 1)))) w (name)
		where length(w.name) > 1 and position('@' || w.name in lower(p_text)) > 0
			and lower(p_text) ~ ('(^|[^[:alnum:]])@' || regexp_replace(w.name, '([^[:alnum:][:space:]])', '\\\1', 'g') || '($|[^[:alnum:]_-])'))
$$;

create function note_mention(p_text text, p_subject_kind text, p_subject uuid, p_detail jsonb) returns void language plpgsql as $$
begin
	perform fl_notify(u, 'mention', p_subject_kind, p_subject, p_detail || jsonb_build_object('body', left(p_text, 500),
			'author', (select m.name from memberships m where m.org_id = fl_org() and m.user_id = fl_user())))
		from note_named(p_text) u where u is distinct from fl_user();
end
$$;

create or replace function task_say(t tasks, p_kind text, p_body text) returns void language plpgsql as $$
begin
	insert into task_comments (org_id, task_id, kind, author_id, author_name, body) values (fl_org(), t.id, p_kind, fl_user(),
		coalesce((select m.name from memberships m where m.org_id = fl_org() and m.user_id = fl_user()), ''), p_body);
	perform note_mention(p_body, 'task', t.id, jsonb_build_object('subject', t.title));
end
$$;

-- A word among ourselves about a request may name somebody.
create function intake_note_mention() returns trigger language plpgsql as $$
begin
	perform note_mention(new.body, 'intake', new.intake_id, jsonb_build_object('number', r.number, 'subject', r.subject))
		from intake_requests r where r.org_id = new.org_id and r.id = new.intake_id;
	return null;
end
$$;
create trigger mention after insert on intake_messages for each row when (new.direction = 'note' and position('@' in new.body) > 0 and current_setting('app.actor', true) = 'user')
	execute function intake_note_mention();

-- A reminder close to its hour is of no use after the quiet ones: it is urgent.
create or replace function remind_fire(p_id uuid) returns void language plpgsql as $$
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
	perform fl_notify(r.user_id, r.kind, r.subject_kind, r.subject_id, r.detail || jsonb_build_object('late', r.late, 'due_at', r.due_at,
		'urgent', r.due_at is null or r.due_at < now() + interval '2 hours'));
	perform fl_emit('reminder.due', jsonb_build_object('reminder_id', r.id, 'subject_kind', r.subject_kind, 'subject_id', r.subject_id, 'user_id', r.user_id, 'late', r.late));
end
$$;
