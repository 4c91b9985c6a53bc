-- Founding an organisation, the first-run wizard, and what an organisation says of itself (TEN-09, TEN-10, TEN-30, SET-01 to SET-03).

-- The step of the wizard a person is at; whoever was here before it has none left.
alter table users add column onboarding_step text not null default 'done' check (onboarding_step in ('profile', 'organization', 'region', 'done'));
alter table users alter column onboarding_step set default 'profile';

-- What the business is, in its own words; agents may be told.
create table company_profiles (
	org_id uuid primary key references organizations,
	summary text not null default '',
	offer text not null default '',
	customers text not null default '',
	tone text not null default '',
	facts text not null default '',
	updated_by uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
select fl_tenant_table('company_profiles', 'select, insert, update');

-- The wizard as it stands, for who asks. Who came by invitation has an organisation and needs none.
create function welcome_show() returns table (step text, name text, email text, phone text, org_name text, industry text, size text, language text, zone text,
		currency text) language plpgsql stable as $$
begin
	return query select case when u.onboarding_step = 'region' and m.role = 'owner' then 'region' when m.org_id is not null then 'done'
			when u.onboarding_step = 'profile' then 'profile' else 'organization' end,
		u.name, u.email, u.phone, coalesce(o.name, ''), o.industry, o.size, coalesce(o.default_language, u.preferred_language, 'en'), coalesce(o.zone, u.zone, 'UTC'),
		coalesce(o.currency, 'EUR')
		from public.users u left join public.organizations o on o.id = public.fl_org() left join public.memberships m on m.org_id = o.id and m.user_id = u.id
		where u.id = public.fl_user();
end
$$;
select fl_definer_function('welcome_show()');

create function welcome_profile(p_name text, p_phone text) returns table (id uuid) language plpgsql as $$
begin
	update public.users u set name = p_name, phone = p_phone, updated_at = now(),
		onboarding_step = case when u.onboarding_step = 'profile' then 'organization' else u.onboarding_step end where u.id = public.fl_user();
	update public.memberships m set name = p_name, updated_at = now() where m.user_id = public.fl_user();
	perform public.fl_sessions_refresh(public.fl_user());
	return query select public.fl_user();
end
$$;
select fl_definer_function('welcome_profile(text, text)');

-- Makes the organisation with the asking person as its owner, and the session goes there. Ten a person at most.
create function organization_found(p_hash bytea, p_name text, p_industry text, p_size text) returns table (org_id uuid, slug text, name text) language plpgsql as $$
declare
	u public.users;
	v_org uuid := public.fl_uuid();
	v_slug text := btrim(left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 40), '-');
begin
	select * into u from public.users x where x.id = public.fl_user() for update;
	if u.id is null then
		perform public.fl_fail('FL403', 'error.not_allowed');
	end if;
	if (select count(*) from public.memberships m where m.user_id = u.id and m.role = 'owner') >= 10 then
		perform public.fl_fail('FL422', 'wrong.organizations_many', 'name');
	end if;
	if length(v_slug) < 2 or exists (select from public.organizations o where o.slug = v_slug) then
		v_slug := btrim(v_slug || '-' || left(replace(gen_random_uuid()::text, '-', ''), 8), '-');
	end if;
	insert into public.organizations (id, slug, name, industry, size, billing_email, default_language, zone)
		values (v_org, v_slug, p_name, p_industry, p_size, u.email, coalesce(u.preferred_language, 'en'), coalesce(u.zone, 'UTC'));
	insert into public.memberships (org_id, user_id, role, name, email) values (v_org, u.id, 'owner', u.name, u.email);
	update public.users x set onboarding_step = 'region', updated_at = now() where x.id = u.id;
	update public.sessions s set active_org_id = v_org where s.token_hash = p_hash;
	perform public.fl_sessions_refresh(u.id);
	perform set_config('app.current_org_id', v_org::text, true);
	perform public.fl_audit('org.found', 'organization', v_org, jsonb_build_object('slug', v_slug));
	return query select v_org, v_slug, p_name;
end
$$;
select fl_definer_function('organization_found(bytea, text, text, text)');

-- Language, zone and currency of the organisation; everybody who chose none of his own has them from the next request on.
create function organization_region(p_language text, p_zone text, p_currency text) returns table (id uuid) language plpgsql as $$
begin
	if not exists (select from pg_timezone_names z where z.name = p_zone) then
		perform public.fl_fail('FL422', 'wrong.zone', 'zone');
	end if;
	if p_currency !~ '^[A-Z]{3}$' then
		perform public.fl_fail('FL422', 'wrong.currency', 'currency');
	end if;
	update public.organizations o set default_language = p_language, zone = p_zone, currency = p_currency, updated_at = now() where o.id = public.fl_org();
	update public.users u set onboarding_step = 'done' where u.id = public.fl_user() and u.onboarding_step = 'region';
	perform public.fl_sessions_refresh(m.user_id) from public.memberships m where m.org_id = public.fl_org();
	perform public.fl_audit('org.change', 'organization', public.fl_org(), jsonb_build_object('language', p_language, 'zone', p_zone, 'currency', p_currency));
	return query select public.fl_org();
end
$$;
select fl_definer_function('organization_region(text, text, text)');

create function organization_save(p_name text, p_industry text, p_size text, p_logo text, p_billing text) returns table (id uuid) language plpgsql as $$
begin
	if p_logo is not null and p_logo !~ '^https://[^[:space:]]+$' then
		perform public.fl_fail('FL422', 'wrong.url', 'logo');
	end if;
	update public.organizations o set name = p_name, industry = p_industry, size = p_size, logo = p_logo, billing_email = lower(p_billing), updated_at = now()
		where o.id = public.fl_org();
	update public.principals p set org_name = p_name where p.org_id = public.fl_org();
	perform public.fl_audit('org.change', 'organization', public.fl_org(), jsonb_build_object('name', p_name));
	return query select public.fl_org();
end
$$;
select fl_definer_function('organization_save(text, text, text, text, text)');

create function company_save(p_summary text, p_offer text, p_customers text, p_tone text, p_facts text) returns table (id uuid) language plpgsql as $$
begin
	insert into company_profiles as c (org_id, summary, offer, customers, tone, facts, updated_by)
		values (fl_org(), coalesce(p_summary, ''), coalesce(p_offer, ''), coalesce(p_customers, ''), coalesce(p_tone, ''), coalesce(p_facts, ''), fl_user())
		on conflict (org_id) do update set summary = excluded.summary, offer = excluded.offer, customers = excluded.customers, tone = excluded.tone,
			facts = excluded.facts, updated_by = excluded.updated_by, updated_at = now();
	perform fl_audit('company.change', 'organization', fl_org());
	return query select fl_org();
end
$$;
