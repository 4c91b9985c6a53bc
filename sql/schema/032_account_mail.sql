-- Links sent to people and the mail that carries them. A link's token is HMAC(secret of the site, id): the row keeps only its hash, and the job
-- that writes the mail makes the token again; no secret ever lies in the database. Mail to people is of the platform: somebody who signs
-- up has no organisation yet. Its jobs run under the greatest UUID, an organisation that is none (the nil UUID comes before every turn of the queue).

create table account_tokens (
	id uuid primary key,
	token_hash bytea not null unique,
	kind text not null check (kind in ('verify', 'reset', 'email', 'second')),
	user_id uuid references users on delete cascade,
	email text, -- whom a link was asked for; it works only for who reads that mailbox
	data jsonb not null default '{}',
	tries smallint not null default 0, -- wrong codes or passwords given with it; five end it
	expires_at timestamptz not null,
	used_at timestamptz,
	created_at timestamptz not null default now()
);
create index account_tokens_expiry on account_tokens (expires_at);
create index account_tokens_user on account_tokens (user_id) where user_id is not null;
create index account_tokens_email on account_tokens (email, created_at) where email is not null;
grant select, insert, update, delete on account_tokens to fl_definer;

create table account_mails (
	id uuid primary key default fl_uuid(),
	to_email text not null,
	locale text,
	template text not null,
	what text, -- what a notice is about
	token_id uuid,
	state text not null default 'queued' check (state in ('queued', 'sent', 'held', 'failed', 'none')), -- none: there is nobody to write to
	error text,
	sent_at timestamptz,
	created_at timestamptz not null default now()
);
create index account_mails_age on account_mails (created_at);
grant select, insert, update, delete on account_mails to fl_definer;

create function account_mail_add(p_email text, p_locale text, p_template text, p_what text, p_token uuid) returns void language plpgsql as $$
declare
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
	v_id uuid;
begin
	insert into public.account_mails (to_email, locale, template, what, token_id) values (lower(p_email), p_locale, p_template, p_what, p_token)
		returning id into v_id;
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
	perform public.fl_enqueue('email', 'account.mail', jsonb_build_object('mail_id', v_id), 3);
	perform set_config('app.current_org_id', v_org, true);
end
$$;
select fl_definer_function('account_mail_add(text, text, text, text, uuid)', 'fl_definer');

-- A mail to a person in his language, about something that happened to the account; p_what is the end of message mail.account.WHAT.
create function account_notice(p_user uuid, p_what text) returns void language plpgsql as $$
begin
	perform public.account_mail_add(u.email, null, 'account-notice', p_what, null) from public.users u where u.id = p_user;
end
$$;
select fl_definer_function('account_notice(uuid, text)');

-- What to write, decided when it is written: whether an address is known never shows in what the site answers, or how fast.
create function account_mail_load(p_id uuid) returns table (id uuid, to_email text, to_name text, locale text, template text, what text, token_id uuid, state text,
		created_at timestamptz) language plpgsql as $$
begin
	return query select m.id, m.to_email, coalesce(u.name, t.data ->> 'name', ''), coalesce(u.preferred_language,
			(select o.default_language from public.memberships b join public.organizations o on o.id = b.org_id where b.user_id = u.id order by b.created_at limit 1),
			m.locale, 'en'),
		case when m.template in ('account-verify', 'account-email') and u.id is not null then 'account-known' else m.template end, m.what, m.token_id,
		case when m.template = 'account-reset' and u.id is null then 'none' else m.state end, m.created_at
		from public.account_mails m left join public.users u on u.email = m.to_email and u.disabled_at is null
			left join public.account_tokens t on t.id = m.token_id where m.id = p_id;
end
$$;
select fl_definer_function('account_mail_load(uuid)');

create function account_mail_sent(p_id uuid, p_state text, p_error text) returns void language plpgsql as $$
begin
	update public.account_mails m set state = p_state, error = left(p_error, 300), sent_at = case when p_state = 'sent' then now() end
		where m.id = p_id and m.state <> 'sent';
end
$$;
select fl_definer_function('account_mail_sent(uuid, text, text)');

-- A link by mail. Five of a kind an hour for each address; what is beyond is answered alike and not sent.
create function account_link(p_id uuid, p_hash bytea, p_kind text, p_user uuid, p_email text, p_locale text, p_data jsonb, p_lives interval) returns void
	language plpgsql as $$
begin
	perform pg_advisory_xact_lock(hashtext('account_link'), hashtext(lower(p_email)));
	if (select count(*) from public.account_tokens t where t.email = lower(p_email) and t.kind = p_kind and t.created_at > now() - interval '1 hour') >= 5 then
		return;
	end if;
	insert into public.account_tokens (id, token_hash, kind, user_id, email, data, expires_at)
		values (p_id, p_hash, p_kind, p_user, lower(p_email), p_data, now() + p_lives);
	perform public.account_mail_add(p_email, p_locale, 'account-' || p_kind, null, p_id);
end
$$;
select fl_definer_function('account_link(uuid, bytea, text, uuid, text, text, jsonb, interval)', 'fl_definer');

-- Sign-up makes no person yet: who follows the link and knows the password becomes one. So nobody can take an address that is not his.
create function account_sign_up(p_id uuid, p_hash bytea, p_email text, p_name text, p_password text, p_locale text) returns void language plpgsql as $$
begin
	perform public.account_link(p_id, p_hash, 'verify', null, p_email, p_locale, jsonb_build_object('name', p_name, 'password', p_password), interval '24 hours');
end
$$;
select fl_definer_function('account_sign_up(uuid, bytea, text, text, text, text)');

create function account_forgot(p_id uuid, p_hash bytea, p_email text, p_locale text) returns void language plpgsql as $$
begin
	perform public.account_link(p_id, p_hash, 'reset', null, p_email, p_locale, '{}', interval '1 hour');
end
$$;
select fl_definer_function('account_forgot(uuid, bytea, text, text)');

-- The token while it is good; no row otherwise.
create function account_token_look(p_hash bytea, p_kind text) returns table (id uuid, user_id uuid, email text, name text, password_hash text) language plpgsql as $$
begin
	return query select t.id, t.user_id, t.email, t.data ->> 'name', t.data ->> 'password' from public.account_tokens t
		where t.token_hash = p_hash and t.kind = p_kind and t.used_at is null and t.expires_at > now() and t.tries < 5;
end
$$;
select fl_definer_function('account_token_look(bytea, text)');

create function account_token_tried(p_hash bytea) returns void language plpgsql as $$
begin
	update public.account_tokens t set tries = t.tries + 1 where t.token_hash = p_hash;
end
$$;
select fl_definer_function('account_token_tried(bytea)');

create function account_token_end(p_hash bytea) returns void language plpgsql as $$
begin
	update public.account_tokens t set used_at = now() where t.token_hash = p_hash;
end
$$;
select fl_definer_function('account_token_end(bytea)');

-- Takes a token, once.
create function account_token_use(p_hash bytea, p_kind text) returns account_tokens language plpgsql as $$
declare
	t public.account_tokens;
begin
	update public.account_tokens k set used_at = now() where k.token_hash = p_hash and k.kind = p_kind and k.used_at is null and k.expires_at > now()
		and k.tries < 5 returning * into t;
	if t.id is null then
		perform public.fl_fail('FL422', 'wrong.link', 'token');
	end if;
	return t;
end
$$;
select fl_definer_function('account_token_use(bytea, text)', 'fl_definer');

create function account_verify(p_hash bytea) returns uuid language plpgsql as $$
declare
	t public.account_tokens := public.account_token_use(p_hash, 'verify');
	v_user uuid;
begin
	insert into public.users (email, name, password_hash, preferred_language) values (t.email, t.data ->> 'name', t.data ->> 'password', null)
		on conflict (email) do nothing returning id into v_user;
	if v_user is null then
		perform public.fl_fail('FL422', 'wrong.link', 'token');
	end if;
	-- Another sign-up for this address must not live on.
	delete from public.account_tokens k where k.email = t.email and k.kind = 'verify' and k.id <> t.id;
	update public.account_tokens k set data = '{}', user_id = v_user where k.id = t.id;
	return v_user;
end
$$;
select fl_definer_function('account_verify(bytea)');

-- A new password by link: all sessions end, all other links and locks go. A second factor stays and is asked at the next sign-in (TEN-15).
create function account_reset(p_hash bytea, p_password text) returns uuid language plpgsql as $$
declare
	t public.account_tokens := public.account_token_use(p_hash, 'reset');
	v_user uuid;
begin
	update public.users u set password_hash = p_password, updated_at = now() where u.email = t.email and u.disabled_at is null returning u.id into v_user;
	if v_user is null then
		perform public.fl_fail('FL422', 'wrong.link', 'token');
	end if;
	delete from public.sessions s where s.user_id = v_user;
	delete from public.account_tokens k where (k.user_id = v_user or k.email = t.email) and k.id <> t.id;
	perform public.account_notice(v_user, 'password');
	return v_user;
end
$$;
select fl_definer_function('account_reset(bytea, text)');

-- --- signed in ---

-- What was done to an account stands in the audit of the organisation one is in; people of none have none.
create function account_audit(p_action text) returns void language plpgsql as $$
begin
	if public.fl_org() is not null then
		perform public.fl_audit(p_action, 'user', public.fl_user());
	end if;
end
$$;
select fl_definer_function('account_audit(text)', 'fl_definer');

-- Whether this session proved its password within a quarter of an hour; FL403 otherwise.
create function account_recent(p_hash bytea) returns void language plpgsql as $$
begin
	if not exists (select from public.principals p where p.token_hash = p_hash and p.kind = 'session' and p.password_at > now() - interval '15 minutes') then
		perform public.fl_fail('FL403', 'error.prove');
	end if;
end
$$;
select fl_definer_function('account_recent(bytea)');


create function account_password(p_hash bytea, p_password text) returns table (id uuid, ended bigint) language plpgsql as $$
declare
	v_ended bigint;
begin
	update public.users u set password_hash = p_password, updated_at = now() where u.id = public.fl_user();
	delete from public.sessions s where s.user_id = public.fl_user() and s.token_hash <> p_hash;
	get diagnostics v_ended = row_count;
	delete from public.account_tokens k where k.user_id = public.fl_user();
	perform public.fl_session_proven(p_hash, true, false), public.account_notice(public.fl_user(), 'password'), public.account_audit('account.password');
	return query select public.fl_user(), v_ended;
end
$$;
select fl_definer_function('account_password(bytea, text)');

create function account_sessions(p_hash bytea) returns table (id uuid, created_at timestamptz, last_seen_at timestamptz, address text, user_agent text, current boolean)
	language plpgsql stable as $$
begin
	return query select s.id, s.created_at, s.last_seen_at, coalesce(host(s.address), ''), coalesce(s.user_agent, ''), s.token_hash = p_hash from public.sessions s
		where s.user_id = public.fl_user() and s.expires_at > now() order by s.token_hash = p_hash desc, s.last_seen_at desc, s.id;
end
$$;
select fl_definer_function('account_sessions(bytea)');

-- Ends one session of one's own, or (null) all but the one that asks.
create function account_sessions_end(p_hash bytea, p_id uuid) returns table (ended bigint) language plpgsql as $$
declare
	v_ended bigint;
begin
	delete from public.sessions s where s.user_id = public.fl_user() and case when p_id is null then s.token_hash <> p_hash else s.id = p_id end;
	get diagnostics v_ended = row_count;
	if v_ended > 0 then
		perform public.account_audit('account.sessions_end');
	end if;
	if v_ended > 0 or p_id is null then
		return query select v_ended;
	end if;
end
$$;
select fl_definer_function('account_sessions_end(bytea, uuid)');

-- Expired and used things go (TEN-23).
create function sweep_accounts() returns bigint language plpgsql as $$
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
	delete from public.job_history where org_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' and state = 'completed' and finished_at < now() - interval '1 day';
	get diagnostics v_gone = row_count;
	return v_done + v_gone;
end
$$;
select fl_definer_function('sweep_accounts()', 'fl_sweep');
