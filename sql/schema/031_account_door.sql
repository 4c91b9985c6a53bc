-- Guessing at the door: failures are counted by account and address together, so that nobody locks the owner out from elsewhere (SEC-03);
-- many failures of one account, or of one address, ask everybody for a puzzle first (SEC-04). Unknown accounts count alike.

create table sign_in_failures (
	account bytea not null, -- SHA-256 of the e-mail address, known or not
	address cidr not null,  -- of the client; IPv6 by its /64
	failures int not null default 0,
	last_at timestamptz not null default now(),
	locked_until timestamptz,
	primary key (account, address)
);
create index sign_in_failures_address on sign_in_failures (address, last_at);
create index sign_in_failures_age on sign_in_failures (last_at);
grant select, insert, update, delete on sign_in_failures to fl_definer;

-- What puzzles are made with, and those that were solved, each good for once.
create table sign_in_secret (one boolean primary key default true check (one), key bytea not null);
insert into sign_in_secret (key) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
create table sign_in_solved (challenge bytea primary key, at timestamptz not null default now());
create index sign_in_solved_age on sign_in_solved (at);
grant select on sign_in_secret to fl_definer;
grant select, insert, delete on sign_in_solved to fl_definer;

create function account_of(p_email text) returns bytea language sql immutable as $$
	select sha256(convert_to(lower(p_email), 'UTF8'))
$$;
create function network_of(p_address text) returns cidr language sql immutable as $$
	select network(set_masklen(a, case family(a) when 6 then 64 else 32 end))::cidr from (select coalesce(nullif(p_address, ''), '0.0.0.0')::inet) x(a)
$$;

create function sign_in_suspect(p_email text, p_address text) returns boolean language plpgsql stable as $$
begin
	return coalesce((select sum(f.failures) from public.sign_in_failures f where f.account = public.account_of(coalesce(p_email, ''))
			and f.last_at > now() - interval '15 minutes'), 0) >= 3
		or coalesce((select sum(f.failures) from public.sign_in_failures f where f.address = public.network_of(p_address)
			and f.last_at > now() - interval '15 minutes'), 0) >= 10;
end
$$;
select fl_definer_function('sign_in_suspect(text, text)', 'fl_definer');

-- A puzzle is NONCE.TIME.MAC. A machine looks for a text with which its SHA-256 begins with 18 zero bits; a person without scripts adds two
-- numbers, which follow from the nonce.
create function sign_in_mac(p_text text) returns text language plpgsql stable as $$
declare
	v_key bytea := (select key from public.sign_in_secret);
begin
	return encode(sha256(v_key || sha256(v_key || convert_to(p_text, 'UTF8'))), 'hex');
end
$$;
select fl_definer_function('sign_in_mac(text)', 'fl_definer');

create function sign_in_puzzle(p_email text, p_address text) returns table (challenge text, bits bigint, first bigint, second bigint) language plpgsql stable as $$
declare
	v_nonce text := encode(uuid_send(gen_random_uuid()), 'hex') || '.' || extract(epoch from now())::bigint;
	v_sum text := public.sign_in_mac('sum' || v_nonce);
begin
	if public.sign_in_suspect(p_email, p_address) then
		return query select v_nonce || '.' || public.sign_in_mac(v_nonce), 18::bigint, 2 + ascii(v_sum)::bigint % 8, 2 + ascii(substr(v_sum, 2))::bigint % 8;
	end if;
end
$$;
select fl_definer_function('sign_in_puzzle(text, text)');

-- Whether it is one of ours, not older than ten minutes, solved, and for the first time.
create function sign_in_solve(p_challenge text, p_solution text, p_answer text) returns boolean language plpgsql as $$
declare
	v_nonce text := split_part(p_challenge, '.', 1) || '.' || split_part(p_challenge, '.', 2);
	v_sum text := public.sign_in_mac('sum' || v_nonce);
	v_hash bytea := sha256(convert_to(p_challenge || ':' || coalesce(p_solution, ''), 'UTF8'));
begin
	if p_challenge is null or p_challenge !~ '^[0-9a-f]{32}[.][0-9]{1,12}[.][0-9a-f]{64}$' or split_part(p_challenge, '.', 3) <> public.sign_in_mac(v_nonce)
			or split_part(p_challenge, '.', 2)::bigint not between extract(epoch from now())::bigint - 600 and extract(epoch from now())::bigint + 60 then
		return false;
	end if;
	if not ((get_byte(v_hash, 0) = 0 and get_byte(v_hash, 1) = 0 and get_byte(v_hash, 2) < 64)
			or btrim(coalesce(p_answer, '')) = (4 + ascii(v_sum) % 8 + ascii(substr(v_sum, 2)) % 8)::text) then
		return false;
	end if;
	insert into public.sign_in_solved (challenge) values (sha256(convert_to(p_challenge, 'UTF8'))) on conflict do nothing;
	return found;
end
$$;
select fl_definer_function('sign_in_solve(text, text, text)');

-- What the door needs to know of an attempt: the person if there is one, and whether this account rests for this address.
drop function fl_sign_in_person(text), fl_sign_in_failed(uuid);
create function sign_in_look(p_email text, p_address text) returns table (user_id uuid, password_hash text, locked boolean, suspect boolean) language plpgsql as $$
begin
	return query select u.id, u.password_hash, coalesce((select f.locked_until > now() from public.sign_in_failures f
			where f.account = public.account_of(p_email) and f.address = public.network_of(p_address)), false), public.sign_in_suspect(p_email, p_address)
		from (select 1) x left join public.users u on u.email = lower(p_email) and u.disabled_at is null;
end
$$;
select fl_definer_function('sign_in_look(text, text)');

-- Five failures rest for a quarter of an hour; then counting begins anew.
create function sign_in_failed(p_email text, p_address text) returns void language plpgsql as $$
begin
	insert into public.sign_in_failures as f (account, address, failures) values (public.account_of(p_email), public.network_of(p_address), 1)
		on conflict (account, address) do update set last_at = now(),
			failures = case when f.locked_until < now() or f.last_at < now() - interval '15 minutes' then 1 else f.failures + 1 end,
			locked_until = case when f.locked_until > now() then f.locked_until
				when f.locked_until is null and f.last_at >= now() - interval '15 minutes' and f.failures + 1 >= 5 then now() + interval '15 minutes' end;
end
$$;
select fl_definer_function('sign_in_failed(text, text)');

-- Whoever got in is forgotten here; a new password forgives every address (released by reset).
create function sign_in_forgive() returns trigger language plpgsql as $$
begin
	delete from public.sign_in_failures where account = public.account_of(new.email);
	return new;
end
$$;
select fl_definer_function('sign_in_forgive()');
create trigger sign_in_forgive after update of password_hash on users for each row execute function sign_in_forgive();
create function sign_in_forgive_here() returns trigger language plpgsql as $$
begin
	delete from public.sign_in_failures where account = (select public.account_of(u.email) from public.users u where u.id = new.user_id)
		and address = public.network_of(host(new.address));
	return new;
end
$$;
select fl_definer_function('sign_in_forgive_here()');
create trigger sign_in_forgive_here after insert on sessions for each row execute function sign_in_forgive_here();
