-- Providers people may sign in with (X-08), and whose account there is whose here. Both are of the platform.

create table oidc_providers (
	id uuid primary key default fl_uuid(),
	key text not null unique check (key ~ '^[a-z][a-z0-9-]{1,30}$'),
	label text not null check (length(label) between 1 and 60),
	issuer text not null check (issuer ~ '^https?://' and issuer !~ '[?#]'),
	client_id text not null check (client_id <> ''),
	client_secret bytea, -- sealed; null: a public client
	scopes text not null default 'openid email profile' check (scopes ~ '^openid( |$)'),
	enabled boolean not null default true,
	discovery jsonb, -- as the provider told it at discovered_at
	discovered_at timestamptz,
	jwks jsonb,
	jwks_at timestamptz,
	rests_until timestamptz, -- after a failure it is not asked for a moment, on any machine
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
grant select, insert, update, delete on oidc_providers to fl_definer;
select fl_sealed_column('oidc_providers', 'client_secret', 'oidc client');
-- The keys of second factors (033) were sealed before there was this list.
select fl_sealed_column('user_factors', 'sealed', 'second factor', 'user_id');

create table user_identities (
	provider text not null references oidc_providers (key) on delete cascade,
	subject text not null check (length(subject) between 1 and 255),
	user_id uuid not null references users on delete cascade,
	email text not null default '', -- as the provider says, for the person to tell accounts apart
	created_at timestamptz not null default now(),
	used_at timestamptz,
	primary key (provider, subject)
);
create unique index user_identities_user on user_identities (user_id, provider);
grant select, insert, update, delete on user_identities to fl_definer;

create function oidc_choices() returns table (key text, label text) language sql stable as $$
	select p.key, p.label from public.oidc_providers p where p.enabled order by p.label, p.key
$$;
select fl_definer_function('oidc_choices()');

create function oidc_provider(p_key text) returns table (key text, issuer text, client_id text, client_secret bytea, scopes text, discovery jsonb, jwks jsonb,
	discovered boolean, keyed boolean, resting boolean) language sql stable as $$
	select p.key, p.issuer, p.client_id, p.client_secret, p.scopes, p.discovery, p.jwks, p.discovered_at > now() - interval '1 day',
		p.jwks_at > now() - interval '1 day', p.rests_until > now()
	from public.oidc_providers p where p.key = p_key and p.enabled
$$;
select fl_definer_function('oidc_provider(text)');

-- What a provider told: its description, its keys, or nothing (it then rests for half a minute).
create function oidc_told(p_key text, p_discovery jsonb, p_jwks jsonb) returns void language plpgsql as $$
begin
	update public.oidc_providers p set discovery = coalesce(p_discovery, p.discovery), jwks = coalesce(p_jwks, p.jwks),
		discovered_at = case when p_discovery is null then p.discovered_at else now() end,
		jwks_at = case when p_jwks is null then p.jwks_at else now() end,
		rests_until = case when p_discovery is null and p_jwks is null then now() + interval '30 seconds' end where p.key = p_key;
end
$$;
select fl_definer_function('oidc_told(text, jsonb, jsonb)');

-- Whose account it is; no row when it is linked to nobody who may come in.
create function identity_person(p_provider text, p_subject text) returns table (user_id uuid) language plpgsql as $$
begin
	return query update public.user_identities i set used_at = now() from public.users u
		where i.provider = p_provider and i.subject = p_subject and u.id = i.user_id and u.disabled_at is null returning u.id;
end
$$;
select fl_definer_function('identity_person(text, text)');

-- Links an account at a provider to the person of this session.
create function identity_link(p_hash bytea, p_provider text, p_subject text, p_email text) returns table (provider text) language plpgsql as $$
begin
	if not exists (select from public.principals p where p.token_hash = p_hash and p.kind = 'session' and p.user_id = public.fl_user()) then
		perform public.fl_fail('FL403', 'error.key_by_machine');
	elsif exists (select from public.user_identities i where i.provider = p_provider and i.subject = p_subject and i.user_id <> public.fl_user()) then
		perform public.fl_fail('FL409', 'error.identity_taken');
	end if;
	delete from public.user_identities i where i.provider = p_provider and i.user_id = public.fl_user();
	insert into public.user_identities (provider, subject, user_id, email) values (p_provider, p_subject, public.fl_user(), p_email);
	if public.fl_org() is not null then
		perform public.fl_audit('identity.link', 'user', public.fl_user(), jsonb_build_object('provider', p_provider));
	end if;
	return query select p_provider;
end
$$;
select fl_definer_function('identity_link(bytea, text, text, text)');

-- No row when nothing is linked. Who has no password keeps the last way in.
create function identity_unlink(p_provider text) returns table (provider text) language plpgsql as $$
begin
	if not exists (select from public.user_identities i where i.user_id = public.fl_user() and i.provider <> p_provider)
			and exists (select from public.users u where u.id = public.fl_user() and u.password_hash is null) then
		perform public.fl_fail('FL409', 'error.last_way_in');
	end if;
	return query delete from public.user_identities i where i.user_id = public.fl_user() and i.provider = p_provider returning i.provider;
	if found and public.fl_org() is not null then
		perform public.fl_audit('identity.unlink', 'user', public.fl_user(), jsonb_build_object('provider', p_provider));
	end if;
end
$$;
select fl_definer_function('identity_unlink(text)');

create function identity_list() returns table (key text, label text, email text, linked boolean, linked_at timestamptz, used_at timestamptz)
	language sql stable as $$
	select p.key, p.label, i.email, i.user_id is not null, i.created_at, i.used_at from public.oidc_providers p
		left join public.user_identities i on i.provider = p.key and i.user_id = public.fl_user() where p.enabled or i.user_id is not null order by p.label, p.key
$$;
select fl_definer_function('identity_list()');

-- fairlead oidc set
create function oidc_set(p_key text, p_label text, p_issuer text, p_client text, p_secret bytea, p_scopes text) returns text language plpgsql as $$
begin
	insert into public.oidc_providers as p (key, label, issuer, client_id, client_secret, scopes) values (p_key, p_label, p_issuer, p_client, p_secret, p_scopes)
		on conflict (key) do update set label = excluded.label, issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
			scopes = excluded.scopes, enabled = true, updated_at = now(), discovery = null, discovered_at = null, jwks = null, jwks_at = null, rests_until = null;
	return p_key;
end
$$;
select fl_definer_function('oidc_set(text, text, text, text, bytea, text)', 'fl_owner');

-- fairlead oidc off: the buttons go, the links stay for when it is set again.
create function oidc_off(p_key text) returns setof text language sql as $$
	update public.oidc_providers p set enabled = false, updated_at = now() where p.key = p_key returning p.key
$$;
select fl_definer_function('oidc_off(text)', 'fl_owner');
