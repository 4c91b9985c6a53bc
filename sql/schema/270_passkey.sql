-- Passkeys (WebAuthn). One verifies its person each time, so it is a second factor and, alone, a whole sign-in. Challenges are derived from a sealed cookie and kept
-- only once they are spent; a challenge answered twice is refused by the key of passkey_spent.

create table user_passkeys (
	id uuid primary key default fl_uuid(),
	user_id uuid not null references users on delete cascade,
	credential bytea not null unique check (length(credential) between 1 and 1023),
	public_key bytea not null check (length(public_key) <= 1100), -- COSE_Key
	sign_count bigint not null default 0,
	eligible boolean not null, -- may be on several devices of its owner
	backed_up boolean not null,
	name text not null check (length(name) between 1 and 80),
	used_at timestamptz,
	created_at timestamptz not null default now()
);
create index user_passkeys_user on user_passkeys (user_id, created_at);
grant select, insert, update, delete on user_passkeys to fl_definer;

create table passkey_spent (challenge bytea primary key, at timestamptz not null default now()); -- SHA-256 of the challenge
create index passkey_spent_age on passkey_spent (at);
grant select, insert, delete on passkey_spent to fl_definer;

create function passkey_spend(p_challenge bytea) returns boolean language plpgsql as $$
begin
	insert into public.passkey_spent (challenge) values (p_challenge) on conflict do nothing;
	return found;
end
$$;
select fl_definer_function('passkey_spend(bytea)', 'fl_definer');

-- The credentials of a person as base64url: what a browser should look for, or not make again.
create function passkey_known(p_user uuid) returns table (credential text) language sql stable as $$
	select rtrim(translate(replace(encode(k.credential, 'base64'), E'\n', ''), '+/', '-_'), '=') from public.user_passkeys k where k.user_id = p_user order by k.created_at, k.id
$$;
select fl_definer_function('passkey_known(uuid)');

-- Who is to be asked for a new one; FL403 without a recent proof.
create function passkey_for(p_hash bytea) returns table (user_id uuid, name text, email text) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	return query select u.id, u.name, u.email from public.users u where u.id = public.fl_user();
end
$$;
select fl_definer_function('passkey_for(bytea)');

create function passkey_add(p_hash bytea, p_challenge bytea, p_credential bytea, p_key bytea, p_count bigint, p_eligible boolean, p_backed_up boolean, p_name text)
	returns table (id uuid) language plpgsql as $$
declare
	v_id uuid;
	v_first boolean := not exists (select from public.account_factor_of(public.fl_user()));
begin
	perform public.account_recent(p_hash);
	perform from public.users u where u.id = public.fl_user() for update;
	if not public.passkey_spend(p_challenge) then
		perform public.fl_fail('FL422', 'wrong.passkey_old', 'passkey');
	elsif (select count(*) from public.user_passkeys k where k.user_id = public.fl_user()) >= 20 then
		perform public.fl_fail('FL422', 'wrong.passkey_many', 'passkey');
	end if;
	insert into public.user_passkeys (user_id, credential, public_key, sign_count, eligible, backed_up, name)
		values (public.fl_user(), p_credential, p_key, p_count, p_eligible, p_backed_up, p_name) on conflict (credential) do nothing returning user_passkeys.id into v_id;
	if v_id is null then
		perform public.fl_fail('FL422', 'wrong.passkey_known', 'passkey');
	end if;
	perform public.fl_session_proven(p_hash, false, true), public.account_notice(public.fl_user(), 'passkey_added'), public.account_audit('account.passkey_add');
	-- The password alone opens no more from now on; what it opened before ends.
	if v_first then
		delete from public.sessions s where s.user_id = public.fl_user() and s.token_hash <> p_hash;
	end if;
	return query select v_id;
end
$$;
select fl_definer_function('passkey_add(bytea, bytea, bytea, bytea, bigint, boolean, boolean, text)');

create function passkey_name(p_id uuid, p_name text) returns table (id uuid) language sql as $$
	update public.user_passkeys k set name = p_name where k.id = p_id and k.user_id = public.fl_user() returning k.id
$$;
select fl_definer_function('passkey_name(uuid, text)');

-- Recovery codes stand for a second factor; without one there are none.
create function account_codes_tidy(p_user uuid) returns void language plpgsql as $$
begin
	if not exists (select from public.account_factor_of(p_user)) then
		delete from public.user_recovery_codes c where c.user_id = p_user;
		update public.sessions s set second_factor_at = null where s.user_id = p_user;
		update public.principals p set second_factor_at = null where p.user_id = p_user and p.kind = 'session';
	end if;
end
$$;
select fl_definer_function('account_codes_tidy(uuid)', 'fl_definer');

create function passkey_remove(p_hash bytea, p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	delete from public.user_passkeys k where k.id = p_id and k.user_id = public.fl_user();
	if found then
		perform public.account_codes_tidy(public.fl_user()), public.account_notice(public.fl_user(), 'passkey_removed'), public.account_audit('account.passkey_remove');
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('passkey_remove(bytea, uuid)');

create function passkey_list() returns table (id uuid, name text, synced boolean, used_at timestamptz, created_at timestamptz) language sql stable as $$
	select k.id, k.name, k.backed_up, k.used_at, k.created_at from public.user_passkeys k where k.user_id = public.fl_user() order by k.created_at, k.id
$$;
select fl_definer_function('passkey_list()');

-- How many there are; whether any second factor is asked for; how many recovery codes are left.
create function passkey_state() returns table (n bigint, held boolean, asked boolean, codes bigint) language sql stable as $$
	select (select count(*) from public.user_passkeys k where k.user_id = x.id), exists (select from public.user_passkeys k where k.user_id = x.id),
		exists (select from public.account_factor_of(x.id)), (select count(*) from public.user_recovery_codes c where c.user_id = x.id and c.used_at is null)
	from (select public.fl_user() as id) x
$$;
select fl_definer_function('passkey_state()');

-- Before anybody is entered: spends the challenge and finds whose key is said to have answered it. One row; id is null for an unknown key.
create function passkey_look(p_challenge bytea, p_credential bytea) returns table (fresh boolean, id uuid, user_id uuid, public_key bytea, eligible boolean) language plpgsql as $$
declare
	v_fresh boolean := public.passkey_spend(p_challenge);
begin
	return query select v_fresh, k.id, k.user_id, k.public_key, k.eligible from (select 1) x
		left join (public.user_passkeys k join public.users u on u.id = k.user_id and u.disabled_at is null) on k.credential = p_credential;
end
$$;
select fl_definer_function('passkey_look(bytea, bytea)');

-- After the signature was found good. False when the authenticator counts and its count did not grow: then there is a copy of the key somewhere, which its person
-- and the audit are told.
create function passkey_used(p_id uuid, p_count bigint, p_backed_up boolean, p_request text) returns boolean language plpgsql as $$
declare
	k public.user_passkeys;
	v_org uuid;
begin
	select * into k from public.user_passkeys x where x.id = p_id for update;
	if k.id is null then
		return false;
	end if;
	if p_count > k.sign_count or (p_count = 0 and k.sign_count = 0) then
		update public.user_passkeys x set sign_count = p_count, backed_up = p_backed_up, used_at = now() where x.id = p_id;
		return true;
	end if;
	select m.org_id into v_org from public.memberships m where m.user_id = k.user_id order by m.created_at, m.org_id limit 1;
	if v_org is not null then
		perform set_config('app.current_org_id', v_org::text, true), set_config('app.user_id', k.user_id::text, true), set_config('app.actor', 'user', true),
			set_config('app.request_id', p_request, true);
		perform public.fl_audit('account.passkey_copied', 'user', k.user_id, jsonb_build_object('passkey', k.id, 'kept', k.sign_count, 'said', p_count));
	end if;
	perform public.account_notice(k.user_id, 'passkey_copied');
	return false;
end
$$;
select fl_definer_function('passkey_used(uuid, bigint, boolean, text)');

-- --- as in 120, and a passkey is a second factor too ---

-- sealed is null for who has no authenticator.
create or replace function account_factor_of(p_user uuid) returns table (sealed bytea, locked boolean, email text) language plpgsql as $$
begin
	return query select f.sealed, coalesce(f.locked_until > now(), false), u.email from public.users u
		left join public.user_factors f on f.user_id = u.id and f.confirmed_at is not null
		where u.id = p_user and (f.user_id is not null or exists (select from public.user_phones p where p.user_id = u.id)
			or exists (select from public.user_passkeys k where k.user_id = u.id));
end
$$;
select fl_definer_function('account_factor_of(uuid)');

create or replace function account_second_begin(p_user uuid, p_id uuid, p_hash bytea) returns boolean language plpgsql as $$
begin
	if not exists (select from public.account_factor_of(p_user)) then
		return false;
	end if;
	insert into public.account_tokens (id, token_hash, kind, user_id, expires_at) values (p_id, p_hash, 'second', p_user, now() + interval '10 minutes');
	return true;
end
$$;
select fl_definer_function('account_second_begin(uuid, uuid, bytea)');

create or replace function account_phone_off(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	delete from public.user_phones p where p.user_id = public.fl_user();
	if found then
		perform public.account_codes_tidy(public.fl_user()), public.account_notice(public.fl_user(), 'phone_off'), public.account_audit('account.phone_off');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_phone_off(bytea)');

-- As in 033, but that codes stay while another factor does.
create or replace function account_factor_off(p_hash bytea) returns table (id uuid) language plpgsql as $$
begin
	perform public.account_recent(p_hash);
	delete from public.user_factors f where f.user_id = public.fl_user();
	if found then
		perform public.account_codes_tidy(public.fl_user()), public.account_notice(public.fl_user(), 'factor_off'), public.account_audit('account.factor_off');
		return query select public.fl_user();
	end if;
end
$$;
select fl_definer_function('account_factor_off(bytea)');

-- As in 032, with spent challenges.
create or replace function sweep_accounts() returns bigint language plpgsql as $$
declare
	v_done bigint := 0;
	v_gone bigint;
begin
	delete from public.account_tokens where expires_at < now() - interval '1 day';
	get diagnostics v_gone = row_count;
	v_done := v_done + v_gone;
	delete from public.account_mails where created_at < now() - interval '30 days';
	get diagnostics v_gone = row_count;
	v_done := v_done + v_gone;
	delete from public.sign_in_failures where last_at < now() - interval '1 hour' and coalesce(locked_until, '-infinity') < now();
	get diagnostics v_gone = row_count;
	v_done := v_done + v_gone;
	delete from public.sign_in_solved where at < now() - interval '1 hour';
	get diagnostics v_gone = row_count;
	v_done := v_done + v_gone;
	delete from public.passkey_spent where at < now() - interval '1 hour';
	get diagnostics v_gone = row_count;
	v_done := v_done + v_gone;
	delete from public.job_history where org_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' and state = 'completed' and finished_at < now() - interval '1 day';
	get diagnostics v_gone = row_count;
	return v_done + v_gone;
end
$$;
select fl_definer_function('sweep_accounts()', 'fl_sweep');
