-- Notifications in the app and mail that goes out (NTF).

select fl_grant('notify.receive', 'owner admin operator');

create table notifications (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid not null,
	kind text not null, -- message key notify.KIND
	subject_kind text not null,
	subject_id uuid,
	detail jsonb not null default '{}',
	read_at timestamptz,
	created_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index notifications_unread on notifications (org_id, user_id, id) where read_at is null;
create index notifications_user on notifications (org_id, user_id, id);
select fl_tenant_table('notifications');

-- What a person wants to hear of, and how; no row: in the app, not by mail.
create table notification_preferences (
	org_id uuid not null,
	user_id uuid not null,
	kind text not null,
	in_app boolean not null default true,
	email boolean not null default false,
	updated_at timestamptz not null default now(),
	primary key (org_id, user_id, kind),
	foreign key (org_id, user_id) references memberships (org_id, user_id) on delete cascade
);
select fl_tenant_table('notification_preferences');

-- One row a person: for p_user, or for everyone of the current tenant with notify.receive when it is null. Who wants mail gets one.
create function fl_notify(p_user uuid, p_kind text, p_subject_kind text, p_subject uuid, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	insert into notifications (org_id, user_id, kind, subject_kind, subject_id, detail)
		select fl_org(), m.user_id, p_kind, p_subject_kind, p_subject, p_detail from memberships m
		where m.org_id = fl_org() and (m.user_id = p_user
			or (p_user is null and exists (select from role_permissions r where r.role = m.role and r.permission = 'notify.receive')))
			and not exists (select from notification_preferences n where n.org_id = m.org_id and n.user_id = m.user_id and n.kind = p_kind and not n.in_app);
	perform note_mail(p_user, p_kind, p_subject_kind, p_subject, p_detail) where exists
		(select from notification_preferences n where n.org_id = fl_org() and n.kind = p_kind and n.email and (p_user is null or n.user_id = p_user));
end
$$;

-- Mail on its way out; a job of queue email carries each (NTF-01).
create table email_messages (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	to_email text not null,
	to_name text not null default '',
	locale text not null default 'en',
	template text not null,           -- templates/mail/NAME
	data jsonb not null default '{}', -- what the template shows
	intake_id uuid,
	number bigint,                    -- of the request: what a signed reply address and a subject name
	message_id text not null,         -- ours, made at once, so that a second attempt is the same mail
	in_reply_to text,
	reference_ids text,
	automatic boolean not null default true, -- RFC 3834 Auto-Submitted
	state text not null default 'queued' check (state in ('queued', 'sent', 'held', 'failed')),
	error text,
	sent_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index email_messages_number on email_messages (org_id, number) where number is not null;
create index email_messages_message on email_messages (org_id, message_id);
create index email_messages_stuck on email_messages (org_id, id) where state in ('held', 'failed');
create index email_messages_sender_day on email_messages (org_id, to_email, created_at) where automatic;
select fl_tenant_table('email_messages');
