-- Notifications: reading them, choosing them, mail for those who asked (NTF-03, NTF-04).

-- The kinds there are, in the order people see them.
create function note_kinds() returns table (kind text, n bigint) language sql immutable as $$
	select k, n from unnest(array['needs_review', 'needs_approval', 'escalated', 'assigned', 'message', 'agent_note', 'mail_unread', 'mail_failed'])
		with ordinality x(k, n)
$$;

-- The page a notification is about.
create function note_path(p_subject_kind text, p_subject uuid) returns text language sql immutable as $$
	select case p_subject_kind when 'intake' then '/intake/' || p_subject when 'decision' then '/decisions/' || p_subject when 'job' then '/jobs/' || p_subject
		when 'mail' then '/channels/mail' when 'email' then '/channels/mail' when 'contact' then '/contacts/' || p_subject else '/notifications' end
$$;

-- A person's own language, null: the organisation's. People are of the platform, so a tenant cannot look for itself.
create function note_locale(p_user uuid) returns text language plpgsql stable as $$
begin
	return (select u.preferred_language from public.users u join public.memberships m on m.user_id = u.id and m.org_id = public.fl_org() where u.id = p_user);
end
$$;
select fl_definer_function('note_locale(uuid)');

-- Mail for those who want this kind by mail. It carries no intake_id: an answer to it is not a word in the conversation with the requester.
create function note_mail(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb) returns void language plpgsql as $$
begin
	perform mail_queue(m.email, m.name, note_locale(m.user_id),
			case p_kind when 'needs_review' then 'notify-review' when 'needs_approval' then 'approval-waiting' else 'notify' end,
			jsonb_build_object('number', p_detail -> 'number', 'subject', coalesce(p_detail ->> 'subject', ''), 'path', note_path(p_subject_kind, p_subject)),
			null, null, null, true)
		from notification_preferences n join memberships m on m.org_id = n.org_id and m.user_id = n.user_id
		where n.org_id = fl_org() and n.kind = p_kind and n.email and (m.user_id = p_user
			or (p_user is null and exists (select from role_permissions r where r.role = m.role and r.permission = 'notify.receive')));
end
$$;

-- Marks one notification of who asks as read, or all (null).
create function note_read(p_id uuid) returns table (done bigint) language plpgsql as $$
begin
	update notifications n set read_at = now() where n.org_id = fl_org() and n.user_id = fl_user() and n.read_at is null and (p_id is null or n.id = p_id);
	get diagnostics done = row_count;
	if p_id is null or exists (select from notifications n where n.org_id = fl_org() and n.user_id = fl_user() and n.id = p_id) then
		return next;
	end if;
end
$$;

create function note_choose(p_in_app jsonb, p_email jsonb) returns table (done bigint) language plpgsql as $$
begin
	insert into notification_preferences (org_id, user_id, kind, in_app, email)
		select fl_org(), fl_user(), k.kind, coalesce(p_in_app, '[]') ? k.kind, coalesce(p_email, '[]') ? k.kind from note_kinds() k
		on conflict (org_id, user_id, kind) do update set in_app = excluded.in_app, email = excluded.email, updated_at = now();
	get diagnostics done = row_count;
	return next;
end
$$;

-- The sweep: what was read goes after 90 days, everything after a year.
create function note_forget() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	delete from public.notifications where read_at < now() - interval '90 days' or created_at < now() - interval '1 year';
	get diagnostics v_done = row_count;
	return v_done;
end
$$;
select fl_definer_function('note_forget()', 'fl_sweep');
