-- The second factor: a time-based code (RFC 6238) whose key is sealed by the program, and recovery codes, hashed.

create table user_factors (
	user_id uuid primary key references users on delete cascade,
	sealed bytea not null,
	confirmed_at timestamptz, -- null: being set up, asked of nobody
	last_step bigint not null default 0, -- a code counts once: the next must be of a later step
	failures int not null default 0, -- wrong codes in a row, from wherever
	locked_until timestamptz,
	created_at timestamptz not null default now()
);
grant select, insert, update, delete on user_factors to fl_definer;

create table user_recovery_codes (
	user_id uuid not null references users on delete cascade,
	code_hash bytea not null,
	used_at timestamptz,
	primary key (user_id, code_hash)
);
grant select, insert, update, delete on user_recovery_codes to fl_definer;

-- After the password of somebody with a second factor: a step that lives ten minutes. Also tells whether there is a factor.
create function account_second_begin(p_user uuid, p_id uuid, p_hash bytea) returns boolean language plpgsql as $$
begin
	if not exists (select from public.user_factors f where f.user_id = p_user and f.confirmed_at is not null) then
		return false;
	end if;
	insert into public.account_tokens (id, token_hash, kind, user_id, expires_at) values (p_id, p_hash, 'second', p_user, now() + interval '10 minutes');
	return true;
end
$$;
select fl_definer_function('account_second_begin(uuid, uuid, bytea)');

create function account_factor_of(p_user uuid) returns table (sealed bytea, locked boolean, email text) language plpgsql as $$
begin
	return query select f.sealed, coalesce(f.locked_until > now(), false), u.email from public.user_factors f join public.users u on u.id = f.user_id
		where f.user_id = p_user and f.confirmed_at is not null;
end
$$;
select fl_definer_function('account_factor_of(uuid)');

-- Takes a code of a step, once; false when this step or a later one was used.
create function account_factor_step(p_user uuid, p_step bigint) returns boolean language plpgsql as $$
begin
	update public.user_factors f set last_step = p_step, failures = 0, locked_until = null where f.user_id = p_user and f.last_step < p_step;
	return found;
end
$$;
select fl_definer_function('account_factor_step(uuid, bigint)');

create function account_recovery_use(p_user uuid, p_code bytea) returns boolean language plpgsql as $$
begin
	update public.user_recovery_codes c set used_at = now() where c.user_id = p_user and c.code_hash = p_code and c.used_at is null;
	if found then
		update public.user_factors f set failures = 0, locked_until = null where f.user_id = p_user;
		perform public.account_notice(p_user, 'recovery_used');
		return true;
	end if;
	return false;
end
$$;
select fl_definer_function('account_recovery_use(uuid, bytea)');

-- Ten wrong codes in a row rest for a quarter of an hour: who gives them knows the password already, so its owner is told.
create function account_factor_failed(p_user uuid) returns void language plpgsql as $$
declare
	v_locked timestamptz;
begin
	update public.user_factors f set failures = (f.failures + 1) % 10, locked_until = case when f.failures + 1 >= 10 then now() + interval '15 minutes' else f.locked_until end
		where f.user_id = p_user returning case when f.failures = 0 then f.locked_until end into v_locked;
	if v_locked > now() then
		perform public.account_notice(p_user, 'factor_guessed');
	end if;
end
$$;
select fl_definer_function('account_factor_failed(uuid)');

-- --- signed in ---

create function account_security() returns table (email text, factor boolean, factor_at timestamptz, codes bigint) language plpgsql stable as $$
begin
	return query select u.email, f.confirmed_at is not null, f.confirmed_at,
		(select count(*) from public.user_recovery_codes c where c.user_id = u.id and c.used_at is null)
		from public.users u left join public.user_factors f on f.user_id = u.id where u.id = public.fl_user();
end
$$;
select fl_definer_function('account_security()');

create function account_factor_begin(p_hash bytea, p_sealed bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	insert into public.user_factors as f (user_id, sealed) values (public.fl_user(), p_sealed)
		on conflict (user_id) do update set sealed = excluded.sealed, created_at = now(), last_step = 0 where f.confirmed_at is null;
	if not found then
		perform public.fl_fail('FL422', 'wrong.factor_on', 'code');
	end if;
	return query select public.fl_user();
end
$$;
select fl_definer_function('account_factor_begin(bytea, bytea)');

-- The key that is being set up; p_hash null: whoever asks only wants to check a code with it.
create function account_factor_pending(p_hash bytea) returns table (sealed bytea, email text) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	return query select f.sealed, u.email from public.user_factors f join public.users u on u.id = f.user_id
		where f.user_id = public.fl_user() and f.confirmed_at is null;
end
$$;
select fl_definer_function('account_factor_pending(bytea)');

-- Writes the recovery codes anew: a JSON array of SHA-256 in hex.
create function account_codes(p_codes jsonb) returns void language plpgsql as $$
begin
	delete from public.user_recovery_codes c where c.user_id = public.fl_user();
	insert into public.user_recovery_codes (user_id, code_hash) select public.fl_user(), decode(x, 'hex') from jsonb_array_elements_text(p_codes) x;
end
$$;
select fl_definer_function('account_codes(jsonb)', 'fl_definer');

create function account_factor_on(p_hash bytea, p_step bigint, p_codes jsonb) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	update public.user_factors f set confirmed_at = now(), last_step = p_step, failures = 0, locked_until = null
		where f.user_id = public.fl_user() and f.confirmed_at is null;
	if found then
		perform public.account_codes(p_codes), public.fl_session_proven(p_hash, false, true), public.account_notice(public.fl_user(), 'factor_on'),
			public.account_audit('account.factor_on');
		delete from public.sessions s where s.user_id = public.fl_user() and s.token_hash <> p_hash;
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_factor_on(bytea, bigint, jsonb)');

create function account_factor_off(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	delete from public.user_factors f where f.user_id = public.fl_user();
	if found then
		delete from public.user_recovery_codes c where c.user_id = public.fl_user();
		update public.sessions s set second_factor_at = null where s.user_id = public.fl_user();
		update public.principals p set second_factor_at = null where p.user_id = public.fl_user() and p.kind = 'session';
		perform public.account_notice(public.fl_user(), 'factor_off'), public.account_audit('account.factor_off');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_factor_off(bytea)');

create function account_codes_new(p_hash bytea, p_codes jsonb) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	if exists (select from public.user_factors f where f.user_id = public.fl_user() and f.confirmed_at is not null) then
		perform public.account_codes(p_codes), public.account_notice(public.fl_user(), 'codes_new'), public.account_audit('account.codes_new');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_codes_new(bytea, jsonb)');

-- --- a new e-mail address: the new mailbox must say yes, the old one is told ---

create function account_email_ask(p_token uuid, p_token_hash bytea, p_hash bytea, p_email text) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	perform public.account_link(p_token, p_token_hash, 'email', public.fl_user(), p_email, null, '{}', interval '24 hours');
	return query select public.fl_user();
end
$$;
select fl_definer_function('account_email_ask(uuid, bytea, bytea, text)');

create function account_email_take(p_link bytea) returns table (id uuid) language plpgsql as $$
declare
	t public.account_tokens := public.account_token_use(p_link, 'email');
	v_old text;
begin
	select u.email into v_old from public.users u where u.id = t.user_id;
	if t.user_id is distinct from public.fl_user() or exists (select from public.users u where u.email = t.email) then
		perform public.fl_fail('FL422', 'wrong.link', 'token');
	end if;
	update public.users u set email = t.email, updated_at = now() where u.id = t.user_id;
	update public.memberships m set email = t.email, updated_at = now() where m.user_id = t.user_id;
	delete from public.account_tokens k where k.user_id = t.user_id and k.id <> t.id or k.email = v_old;
	perform public.account_mail_add(v_old, (select u.preferred_language from public.users u where u.id = t.user_id), 'account-notice', 'email', null), public.account_audit('account.email');
	return query select t.user_id;
end
$$;
select fl_definer_function('account_email_take(bytea)');

-- The profile, with currency and date format (TEN-29).
drop function fl_me(), fl_me_update(text, text, text, text, text, boolean);
create function fl_me() returns table (name text, email text, phone text, preferred_language text, zone text, currency text, date_format text, theme text,
		single_keys boolean) language plpgsql stable as $$
begin
	return query select u.name, u.email, u.phone, u.preferred_language, u.zone, u.currency, u.date_format, u.theme, u.single_keys
		from public.users u where u.id = public.fl_user();
end
$$;
select fl_definer_function('fl_me()');

create function fl_me_update(p_name text, p_phone text, p_language text, p_zone text, p_currency text, p_date_format text, p_theme text, p_keys boolean)
	returns table (id uuid) language plpgsql as $$
begin
	if p_zone is not null and not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform public.fl_fail('FL422', 'wrong.zone', 'zone');
	end if;
	if p_currency !~ '^[A-Z]{3}$' then
		perform public.fl_fail('FL422', 'wrong.currency', 'currency');
	end if;
	update public.users u set name = p_name, phone = p_phone, preferred_language = p_language, zone = p_zone, currency = p_currency,
		date_format = p_date_format, theme = p_theme, single_keys = p_keys, updated_at = now() where u.id = public.fl_user();
	update public.memberships m set name = p_name, updated_at = now() where m.user_id = public.fl_user();
	perform public.fl_sessions_refresh(public.fl_user());
	return query select public.fl_user();
end
$$;
select fl_definer_function('fl_me_update(text, text, text, text, text, text, text, boolean)');

-- Whose session it is, before anybody is entered; no row for another kind of principal.
create function account_by_session(p_hash bytea) returns table (user_id uuid, email text) language plpgsql as $$
begin
	return query select u.id, u.email from public.sessions s join public.users u on u.id = s.user_id
		where s.token_hash = p_hash and s.expires_at > now() and u.disabled_at is null;
end
$$;
select fl_definer_function('account_by_session(bytea)');
