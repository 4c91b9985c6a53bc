-- The second factor by text message (TEN-28). A code is six digits of HMAC(secret, id of its row), so that neither it nor its hash lies in the database; it
-- counts for five minutes, once, and five wrong ones end it. A new one comes a minute after the last at the earliest, five an hour. What it proves opens a session
-- and no more: administration of the platform asks for a time-based or a recovery code, so a number alone never administers.

create table user_phones (
	user_id uuid primary key references users on delete cascade,
	phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'), -- E.164
	confirmed_at timestamptz not null default now()
);
grant select, insert, update, delete on user_phones to fl_definer;

create table account_sms (
	id uuid primary key default fl_uuid(),
	user_id uuid not null references users on delete cascade,
	phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
	setup boolean not null, -- proves a number that is not the person's yet
	tries int not null default 0,
	expires_at timestamptz not null default now() + interval '5 minutes',
	sent_at timestamptz,
	created_at timestamptz not null default now()
);
create index account_sms_user on account_sms (user_id, created_at);
grant select, insert, update, delete on account_sms to fl_definer;

-- A code on its way to a number; what was asked before counts no more.
create function account_sms_new(p_user uuid, p_phone text, p_setup boolean, p_field text) returns uuid language plpgsql as $$
declare
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
	v_id uuid;
begin
	perform from public.users u where u.id = p_user for update;
	delete from public.account_sms s where s.user_id = p_user and s.created_at < now() - interval '1 day';
	if exists (select from public.account_sms s where s.user_id = p_user and s.created_at > now() - interval '1 minute') then
		perform public.fl_fail('FL422', 'wrong.sms_soon', p_field);
	elsif (select count(*) from public.account_sms s where s.user_id = p_user and s.created_at > now() - interval '1 hour') >= 5 then
		perform public.fl_fail('FL422', 'wrong.sms_many', p_field);
	end if;
	update public.account_sms s set expires_at = now() where s.user_id = p_user and s.expires_at > now();
	insert into public.account_sms (user_id, phone, setup) values (p_user, p_phone, p_setup) returning id into v_id;
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
	perform public.fl_enqueue('sms', 'account.sms', jsonb_build_object('code_id', v_id), 2);
	perform set_config('app.current_org_id', v_org, true);
	return v_id;
end
$$;
select fl_definer_function('account_sms_new(uuid, text, boolean, text)', 'fl_definer');

-- For the second step of sign-in, and for a proof within a session. No row: this person has no number.
create function account_sms_ask(p_user uuid) returns table (id uuid) language plpgsql as $$
begin
	return query select public.account_sms_new(p.user_id, p.phone, false, 'code') from public.user_phones p where p.user_id = p_user;
end
$$;
select fl_definer_function('account_sms_ask(uuid)');

-- The code that counts now, and one try of it is used up. No row: none, over, or tried too often.
create function account_sms_try(p_user uuid, p_setup boolean) returns table (id uuid) language plpgsql as $$
begin
	return query update public.account_sms s set tries = s.tries + 1
		where s.user_id = p_user and s.setup = p_setup and s.expires_at > now() and s.tries < 5 returning s.id;
end
$$;
select fl_definer_function('account_sms_try(uuid, boolean)');

create function account_sms_take(p_id uuid) returns boolean language plpgsql as $$
begin
	update public.account_sms s set expires_at = now() where s.id = p_id and s.expires_at > now();
	return found;
end
$$;
select fl_definer_function('account_sms_take(uuid)');

create function account_sms_load(p_id uuid) returns table (id uuid, phone text, live boolean) language plpgsql as $$
begin
	return query select s.id, s.phone, s.expires_at > now() and s.sent_at is null from public.account_sms s where s.id = p_id;
end
$$;
select fl_definer_function('account_sms_load(uuid)');

create function account_sms_sent(p_id uuid) returns void language plpgsql as $$
begin
	update public.account_sms s set sent_at = now() where s.id = p_id;
end
$$;
select fl_definer_function('account_sms_sent(uuid)');

-- --- signed in ---

create function account_phone_begin(p_hash bytea, p_phone text) returns table (id uuid) language plpgsql as $$
declare
	v_phone text := regexp_replace(p_phone, '[ ().-]', '', 'g');
begin
	perform public.account_recent(p_hash);
	if v_phone !~ '^\+[1-9][0-9]{6,14}$' then
		perform public.fl_fail('FL422', 'wrong.phone', 'phone');
	end if;
	return query select public.account_sms_new(public.fl_user(), v_phone, true, 'phone');
end
$$;
select fl_definer_function('account_phone_begin(bytea, text)');

create function account_phone_on(p_hash bytea, p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	s public.account_sms;
begin
	perform public.account_recent(p_hash);
	update public.account_sms x set expires_at = now() where x.id = p_id and x.user_id = public.fl_user() and x.setup and x.expires_at > now() returning * into s;
	if s.id is null then
		return;
	end if;
	insert into public.user_phones as p (user_id, phone) values (public.fl_user(), s.phone) on conflict (user_id) do update set phone = excluded.phone, confirmed_at = now();
	perform public.account_notice(public.fl_user(), 'phone_on'), public.account_audit('account.phone_on');
	delete from public.sessions x where x.user_id = public.fl_user() and x.token_hash <> p_hash;
	return query select public.fl_user();
end
$$;
select fl_definer_function('account_phone_on(bytea, uuid)');

create function account_phone_off(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	delete from public.user_phones p where p.user_id = public.fl_user();
	if found then
		delete from public.user_recovery_codes c where c.user_id = public.fl_user()
			and not exists (select from public.user_factors f where f.user_id = c.user_id and f.confirmed_at is not null);
		perform public.account_notice(public.fl_user(), 'phone_off'), public.account_audit('account.phone_off');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_phone_off(bytea)');

-- --- as in 033, and a number is a second factor too ---

create or replace function account_second_begin(p_user uuid, p_id uuid, p_hash bytea) returns boolean language plpgsql as $$
begin
	if not exists (select from public.user_factors f where f.user_id = p_user and f.confirmed_at is not null)
			and not exists (select from public.user_phones p where p.user_id = p_user) then
		return false;
	end if;
	insert into public.account_tokens (id, token_hash, kind, user_id, expires_at) values (p_id, p_hash, 'second', p_user, now() + interval '10 minutes');
	return true;
end
$$;
select fl_definer_function('account_second_begin(uuid, uuid, bytea)');

-- sealed is null for who has a number only.
create or replace function account_factor_of(p_user uuid) returns table (sealed bytea, locked boolean, email text) language plpgsql as $$
begin
	return query select f.sealed, coalesce(f.locked_until > now(), false), u.email from public.users u
		left join public.user_factors f on f.user_id = u.id and f.confirmed_at is not null
		where u.id = p_user and (f.user_id is not null or exists (select from public.user_phones p where p.user_id = u.id));
end
$$;
select fl_definer_function('account_factor_of(uuid)');

create or replace function account_codes_new(p_hash bytea, p_codes jsonb) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	if exists (select from public.account_factor_of(public.fl_user())) then
		perform public.account_codes(p_codes), public.account_notice(public.fl_user(), 'codes_new'), public.account_audit('account.codes_new');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_codes_new(bytea, jsonb)');

create function account_phone() returns table (phone text, since timestamptz, waits boolean) language plpgsql stable as $$
begin
	return query select left(p.phone, 3) || repeat('•', greatest(length(p.phone) - 6, 0)) || right(p.phone, 3), p.confirmed_at,
		exists (select from public.account_sms s where s.user_id = x.id and s.setup and s.expires_at > now() and s.tries < 5)
		from (select public.fl_user() as id) x left join public.user_phones p on p.user_id = x.id;
end
$$;
select fl_definer_function('account_phone()');
