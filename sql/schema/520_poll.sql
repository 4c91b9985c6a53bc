-- Polls (ux 1.5): several times are proposed, each person answers yes, if need be or no for each of them, and who asked picks one, which becomes an event.

select fl_grant('poll.read', 'owner admin operator pm member viewer');
select fl_grant('poll.manage', 'owner admin operator pm member');
select fl_grant('poll.answer', 'form');
select fl_grant('poll.change', 'link');
select fl_rights_refresh();

create table polls (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	owner_id uuid not null,
	title text not null check (length(title) between 1 and 300),
	note text not null default '',
	place text not null default '',
	zone text not null,
	minutes int not null check (minutes between 5 and 720),
	state text not null default 'OPEN' check (state in ('OPEN', 'DECIDED', 'CLOSED')),
	named boolean not null default true, -- who answers sees the answers of the others
	public_key text not null,
	picked_id uuid,
	event_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index polls_new on polls (org_id, created_at);
select fl_tenant_table('polls');

create table poll_options (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	poll_id uuid not null,
	starts_at timestamptz not null,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, poll_id, starts_at),
	foreign key (org_id, poll_id) references polls (org_id, id)
);
select fl_tenant_table('poll_options');

-- One person who answered: of the organisation (user_id) or a visitor with a link of his own.
create table poll_votes (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	poll_id uuid not null,
	user_id uuid,
	name text not null check (length(name) between 1 and 120),
	email text check (email = lower(email)),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, poll_id, user_id),
	foreign key (org_id, poll_id) references polls (org_id, id)
);
select fl_tenant_table('poll_votes');

create table poll_answers (
	org_id uuid not null,
	vote_id uuid not null,
	option_id uuid not null,
	answer text not null check (answer in ('yes', 'maybe', 'no')),
	primary key (org_id, vote_id, option_id),
	foreign key (org_id, vote_id) references poll_votes (org_id, id),
	foreign key (org_id, option_id) references poll_options (org_id, id)
);
create index poll_answers_option on poll_answers (org_id, option_id);
select fl_tenant_table('poll_answers');

insert into notification_kinds values ('poll_answer', 106), ('poll_decided', 107);
insert into notification_subjects values ('poll', '/polls', true);

-- The poll a link leads to: of everybody's link, or of the vote whose link it is.
create function poll_here() returns polls language plpgsql stable as $$
declare
	v_subject uuid := nullif(current_setting('app.subject_id', true), '')::uuid;
	p polls;
begin
	select * into p from polls x where x.org_id = fl_org() and x.id = coalesce((select v.poll_id from poll_votes v where v.org_id = fl_org() and v.id = v_subject), v_subject);
	return p;
end
$$;

-- The proposed times of a poll, in a zone, with how many said what, and what a vote says (p_answers before it: what was just typed). best: most say yes, then if need be.
create function poll_times(p polls, p_zone text, p_vote uuid, p_answers jsonb)
	returns table (id uuid, starts_at timestamptz, weekday text, number text, month text, clock text, ends_clock text, shift text, yes bigint, maybe bigint, no bigint, best boolean, picked boolean, mine text)
	language plpgsql stable rows 20 as $$
declare
	v_zone text := case when calendar_is_zone(p_zone) then p_zone else p.zone end;
begin
	return query select o.id, o.starts_at, extract(isodow from x.at)::text, extract(day from x.at)::text, extract(month from x.at)::text, to_char(x.at, 'HH24:MI'),
			to_char((o.starts_at + make_interval(mins => p.minutes)) at time zone v_zone, 'HH24:MI'), calendar_offset(o.starts_at, v_zone), n.yes, n.maybe, n.no,
			n.yes + n.maybe > 0 and rank() over (order by n.yes desc, n.maybe desc) = 1, coalesce(o.id = p.picked_id, false),
			coalesce(p_answers ->> o.id::text, (select a.answer from poll_answers a where a.org_id = o.org_id and a.vote_id = p_vote and a.option_id = o.id))
		from poll_options o, lateral (select o.starts_at at time zone v_zone) x(at), lateral (select count(*) filter (where a.answer = 'yes'), count(*) filter (where a.answer = 'maybe'),
				count(*) filter (where a.answer = 'no') from poll_answers a where a.org_id = o.org_id and a.option_id = o.id) n(yes, maybe, no)
		where o.org_id = p.org_id and o.poll_id = p.id order by o.starts_at;
end
$$;

create function poll_propose(p polls, p_starts jsonb) returns void language plpgsql as $$
declare
	v_text text;
	v_at timestamptz;
begin
	for v_text in select distinct s from jsonb_array_elements_text(coalesce(p_starts, '[]')) s where btrim(s) <> '' limit 40 loop
		begin
			v_at := case when v_text ~ '^20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:00)?$' then v_text::timestamp at time zone p.zone end;
		exception when datetime_field_overflow or invalid_datetime_format then
			v_at := null;
		end;
		if v_at is null then
			perform fl_fail('FL422', 'wrong.malformed', 'starts');
		elsif v_at < now() then
			perform fl_fail('FL422', 'wrong.poll_past', 'starts');
		end if;
		insert into poll_options (org_id, poll_id, starts_at) values (p.org_id, p.id, v_at) on conflict (org_id, poll_id, starts_at) do nothing;
	end loop;
	if (select count(*) from poll_options o where o.org_id = p.org_id and o.poll_id = p.id) not between 1 and 20 then
		perform fl_fail('FL422', 'wrong.poll_times', 'starts');
	end if;
end
$$;

create function poll_add(p_title text, p_note text, p_place text, p_minutes bigint, p_zone text, p_named boolean, p_starts jsonb) returns table (id uuid) language plpgsql as $$
declare
	p polls;
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	elsif p_zone is not null and not calendar_is_zone(p_zone) then
		perform fl_fail('FL422', 'wrong.zone', 'zone');
	end if;
	insert into polls (org_id, owner_id, title, note, place, zone, minutes, named, public_key)
		values (fl_org(), fl_user(), p_title, coalesce(p_note, ''), coalesce(p_place, ''), coalesce(p_zone, calendar_zone()), p_minutes, p_named, channel_key()) returning * into p;
	perform poll_propose(p, p_starts);
	perform channel_door('form', p.public_key, p.id, true);
	perform fl_audit('poll.add', 'poll', p.id, jsonb_build_object('title', p_title));
	return query select p.id;
end
$$;

-- The poll of an act of its owner or an administrator; FL409 when it is over.
create function poll_hold(p_id uuid) returns polls language plpgsql as $$
declare
	p polls;
begin
	select * into p from polls x where x.org_id = fl_org() and x.id = p_id for update;
	if p.id is null then
		return p;
	elsif p.owner_id is distinct from fl_user() and not fl_can('booking.manage') then
		perform fl_fail('FL403', 'error.not_allowed');
	elsif p.state <> 'OPEN' then
		perform fl_fail('FL409', 'wrong.poll_over', 'option');
	end if;
	return p;
end
$$;

create function poll_add_times(p_id uuid, p_starts jsonb) returns table (id uuid) language plpgsql as $$
declare
	p polls := poll_hold(p_id);
begin
	if p.id is not null then
		perform poll_propose(p, p_starts);
		perform fl_audit('poll.change', 'poll', p.id, jsonb_build_object('starts', p_starts));
		return query select p.id;
	end if;
end
$$;

-- What somebody answers; a time left out counts as no. p_vote null: a new one.
create function poll_say(p polls, p_vote uuid, p_user uuid, p_name text, p_email text, p_answers jsonb) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	perform from polls x where x.org_id = p.org_id and x.id = p.id and x.state = 'OPEN' for share;
	if not found then
		perform fl_fail('FL409', 'wrong.poll_over', 'answers');
	elsif exists (select from jsonb_each_text(coalesce(p_answers, '{}')) a where a.value not in ('yes', 'maybe', 'no')
			or not exists (select from poll_options o where o.org_id = p.org_id and o.poll_id = p.id and o.id::text = a.key)) then
		perform fl_fail('FL422', 'wrong.choice', 'answers');
	elsif p_vote is null and p_user is null and (select count(*) from poll_votes v where v.org_id = p.org_id and v.poll_id = p.id and v.user_id is null) >= 200 then
		perform fl_fail('FL429', 'error.too_many');
	end if;
	insert into poll_votes as v (org_id, id, poll_id, user_id, name, email) values (p.org_id, coalesce(p_vote, fl_uuid()), p.id, p_user, p_name, lower(p_email))
		on conflict on constraint poll_votes_pkey do update set name = excluded.name, email = excluded.email, updated_at = now() returning v.id into v_id;
	insert into poll_answers (org_id, vote_id, option_id, answer) select p.org_id, v_id, o.id, coalesce(p_answers ->> o.id::text, 'no') from poll_options o where o.org_id = p.org_id and o.poll_id = p.id
		on conflict (org_id, vote_id, option_id) do update set answer = excluded.answer;
	perform fl_audit('poll.answer', 'poll', p.id, jsonb_build_object('vote', v_id));
	perform fl_emit('poll.answered', jsonb_build_object('poll_id', p.id, 'vote_id', v_id));
	if p.owner_id is distinct from p_user then
		perform fl_notify(p.owner_id, 'poll_answer', 'poll', p.id, jsonb_build_object('subject', left(p.title || ', ' || p_name, 300)));
	end if;
	return v_id;
end
$$;

-- A visitor's answer, by the link of the poll; his own link leads to it later.
create function poll_visit(p_name text, p_email text, p_answers jsonb) returns table (vote_key text) language plpgsql as $$
declare
	p polls := poll_here();
	v_id uuid;
begin
	if p.id is null then
		return;
	end if;
	v_id := poll_say(p, null, null, p_name, p_email, p_answers);
	vote_key := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	perform booking_door(sha256(convert_to(vote_key, 'UTF8')), v_id);
	return next;
end
$$;

create function poll_revisit(p_name text, p_email text, p_answers jsonb) returns table (id uuid) language plpgsql as $$
declare
	p polls := poll_here();
begin
	if p.id is not null then
		return query select poll_say(p, nullif(current_setting('app.subject_id', true), '')::uuid, null, p_name, p_email, p_answers);
	end if;
end
$$;

-- The answer of one of the organisation.
create function poll_answer(p_id uuid, p_answers jsonb) returns table (id uuid) language plpgsql as $$
declare
	p polls;
begin
	select * into p from polls x where x.org_id = fl_org() and x.id = p_id;
	if p.id is null then
		return;
	elsif fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed');
	end if;
	perform poll_say(p, (select v.id from poll_votes v where v.org_id = p.org_id and v.poll_id = p.id and v.user_id = fl_user()), fl_user(), m.name, m.email, p_answers)
		from memberships m where m.org_id = p.org_id and m.user_id = fl_user();
	return query select p.id;
end
$$;

-- The time that was chosen becomes an event of who asked and of those of the organisation who can; everybody who left an address is invited.
create function poll_pick(p_id uuid, p_option uuid) returns table (id uuid) language plpgsql as $$
declare
	p polls := poll_hold(p_id);
	o poll_options;
	v_people uuid[];
	v_from timestamp;
	v_until timestamp;
	v_event uuid;
begin
	if p.id is null then
		return;
	end if;
	select * into o from poll_options x where x.org_id = p.org_id and x.poll_id = p.id and x.id = p_option;
	if o.id is null then
		perform fl_fail('FL422', 'wrong.choice', 'option');
	elsif o.starts_at < now() then
		perform fl_fail('FL422', 'wrong.poll_past', 'option');
	end if;
	-- Whoever picks stands in for an owner who has left.
	v_people := array(select coalesce((select m.user_id from memberships m where m.org_id = p.org_id and m.user_id = p.owner_id), fl_user())
		union select v.user_id from poll_votes v join poll_answers a on a.org_id = v.org_id and a.vote_id = v.id
		join memberships m on m.org_id = v.org_id and m.user_id = v.user_id where v.org_id = p.org_id and v.poll_id = p.id and a.option_id = o.id and a.answer <> 'no');
	v_people := array_remove(v_people, null);
	if exists (select from calendar_claims c where c.org_id = p.org_id and c.party_id = any (v_people) and (c.hold_until is null or c.hold_until > now())
			and c.during && tstzrange(o.starts_at, o.starts_at + make_interval(mins => p.minutes))) then
		perform fl_fail('FL409', 'wrong.poll_taken', 'option');
	end if;
	v_from := o.starts_at at time zone p.zone;
	v_until := (o.starts_at + make_interval(mins => p.minutes)) at time zone p.zone;
	select s.id into v_event from calendar_save(null, null, p.title, p.note, p.place, p.zone, v_from::date, to_char(v_from, 'HH24:MI'), v_until::date, to_char(v_until, 'HH24:MI'), false, null, '[]',
		to_jsonb(v_people), '[]', null, true) s;
	insert into calendar_guests (org_id, event_id, email, name) select distinct on (v.email) p.org_id, v_event, v.email, v.name from poll_votes v
		where v.org_id = p.org_id and v.poll_id = p.id and v.user_id is null and v.email is not null on conflict do nothing;
	update polls x set state = 'DECIDED', picked_id = o.id, event_id = v_event, updated_at = now() where x.org_id = p.org_id and x.id = p.id;
	perform fl_audit('poll.pick', 'poll', p.id, jsonb_build_object('event', v_event));
	perform fl_emit('poll.decided', jsonb_build_object('poll_id', p.id, 'event_id', v_event));
	perform fl_notify(v.user_id, 'poll_decided', 'poll', p.id, jsonb_build_object('subject', p.title)) from poll_votes v
		where v.org_id = p.org_id and v.poll_id = p.id and v.user_id <> fl_user();
	return query select p.id;
end
$$;

create function poll_close(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	p polls := poll_hold(p_id);
begin
	if p.id is not null then
		update polls x set state = 'CLOSED', updated_at = now() where x.org_id = p.org_id and x.id = p.id;
		perform fl_audit('poll.close', 'poll', p.id);
		return query select p.id;
	end if;
end
$$;
