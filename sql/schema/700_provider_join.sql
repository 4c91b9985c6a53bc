-- An account made with what a provider has proven (X-08), and a link to one asked for by who has just proven a password: whoever finds a session open must not
-- get a way in of his own by it (ASVS 7.5.1, checklist 37). Each change of the ways in is told by mail.

-- Makes the account of a person who came from a provider that vouches for the address; no row when the address has one already.
create function identity_join(p_provider text, p_subject text, p_email text, p_name text) returns table (user_id uuid) language plpgsql as $$
declare
	v_user uuid;
begin
	insert into public.users (email, name) values (lower(p_email), p_name) on conflict (email) do nothing returning id into v_user;
	if v_user is null then
		return;
	end if;
	insert into public.user_identities (provider, subject, user_id, email, used_at) values (p_provider, p_subject, v_user, p_email, now())
		on conflict (provider, subject) do nothing;
	if not found then
		perform public.fl_fail('FL409', 'error.identity_taken');
	end if;
	-- A sign-up for this address that somebody began with a password must not live on.
	delete from public.account_tokens k where k.email = lower(p_email) and k.kind = 'verify';
	return query select v_user;
end
$$;
select fl_definer_function('identity_join(text, text, text, text)');

-- Whether an account could be made of this address.
create function identity_free(p_email text) returns boolean language plpgsql stable as $$
begin
	return p_email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and not exists (select from public.users u where u.email = lower(p_email));
end
$$;
select fl_definer_function('identity_free(text)');

-- As in 048, with the proof and the notice.
create or replace function identity_link(p_hash bytea, p_provider text, p_subject text, p_email text) returns table (provider text) language plpgsql as $$
begin
	if not exists (select from public.principals p where p.token_hash = p_hash and p.kind = 'session' and p.user_id = public.fl_user()) then
		perform public.fl_fail('FL403', 'error.key_by_machine');
	elsif exists (select from public.user_identities i where i.provider = p_provider and i.subject = p_subject and i.user_id <> public.fl_user()) then
		perform public.fl_fail('FL409', 'error.identity_taken');
	end if;
	perform public.account_recent(p_hash);
	delete from public.user_identities i where i.provider = p_provider and i.user_id = public.fl_user();
	insert into public.user_identities (provider, subject, user_id, email) values (p_provider, p_subject, public.fl_user(), p_email);
	perform public.account_notice(public.fl_user(), 'identity_linked');
	if public.fl_org() is not null then
		perform public.fl_audit('identity.link', 'user', public.fl_user(), jsonb_build_object('provider', p_provider));
	end if;
	return query select p_provider;
end
$$;
select fl_definer_function('identity_link(bytea, text, text, text)');

create or replace function identity_unlink(p_provider text) returns table (provider text) language plpgsql as $$
begin
	if not exists (select from public.user_identities i where i.user_id = public.fl_user() and i.provider <> p_provider)
			and exists (select from public.users u where u.id = public.fl_user() and u.password_hash is null) then
		perform public.fl_fail('FL409', 'error.last_way_in');
	end if;
	return query delete from public.user_identities i where i.user_id = public.fl_user() and i.provider = p_provider returning i.provider;
	if found then
		perform public.account_notice(public.fl_user(), 'identity_unlinked');
		if public.fl_org() is not null then
			perform public.fl_audit('identity.unlink', 'user', public.fl_user(), jsonb_build_object('provider', p_provider));
		end if;
	end if;
end
$$;
select fl_definer_function('identity_unlink(text)');

-- Asked before the way to the provider, for the proof at its end.
create function identity_link_begin(p_hash bytea) returns void language plpgsql as $$
begin
	if not exists (select from public.principals p where p.token_hash = p_hash) then
		perform public.fl_fail('FL401', 'error.signed_out');
	end if;
	perform public.account_recent(p_hash);
end
$$;
select fl_definer_function('identity_link_begin(bytea)');
