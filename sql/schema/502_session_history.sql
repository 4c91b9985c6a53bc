-- What a session was stays for a year after it ended: who came when, from where and with what (TEN-22). It goes with its person.
create table session_history (
	id uuid primary key, -- that of the session
	user_id uuid not null references users on delete cascade,
	address inet,
	networks cidr[], -- where it was used from, as session_place and session_seen keep them
	user_agent text,
	created_at timestamptz not null,
	last_seen_at timestamptz not null,
	ended_at timestamptz not null default now()
);
create index session_history_user on session_history (user_id, ended_at);
create index session_history_ended on session_history (ended_at);
grant select, insert, delete on session_history to fl_definer;

-- A person who is erased takes his sessions along: his row is gone before theirs.
create function session_keep() returns trigger language plpgsql as $$
begin
	insert into public.session_history (id, user_id, address, networks, user_agent, created_at, last_seen_at, ended_at)
		select old.id, old.user_id, old.address, old.networks, old.user_agent, old.created_at, old.last_seen_at, least(now(), greatest(old.expires_at, old.last_seen_at))
			where exists (select from public.users u where u.id = old.user_id)
		on conflict do nothing;
	return null;
end
$$;
create trigger keep after delete on sessions for each row execute function session_keep();

-- Sessions of a person that ended, the latest first.
create function session_past(p_user uuid, p_limit bigint) returns table (id uuid, address text, user_agent text, created_at timestamptz, last_seen_at timestamptz, ended_at timestamptz)
	language plpgsql stable as $$
begin
	return query select h.id, host(h.address), h.user_agent, h.created_at, h.last_seen_at, h.ended_at from public.session_history h
		where h.user_id = p_user order by h.ended_at desc, h.id desc limit p_limit;
end
$$;
select fl_definer_function('session_past(uuid, bigint)');

-- As in 109, and what ended a year ago.
create or replace function sweep_sessions() returns bigint language plpgsql as $$
declare
	v_sessions bigint;
	v_principals bigint;
	v_past bigint;
begin
	delete from public.sessions where expires_at < now() or created_at < now() - interval '90 days';
	get diagnostics v_sessions = row_count;
	delete from public.principals where expires_at < now();
	get diagnostics v_principals = row_count;
	delete from public.session_history where ended_at < now() - interval '1 year';
	get diagnostics v_past = row_count;
	return v_sessions + v_principals + v_past;
end
$$;
select fl_definer_function('sweep_sessions()', 'fl_sweep');
