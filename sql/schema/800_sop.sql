-- Procedures (ROL-14, CAT-07): how things are done here. A draft is published as a version; whom it is for reads it and acknowledges a version in his own name; a version that
-- changes something asks anew, a small correction does not. Everything is written by the functions below, so the program may only read these tables.

select fl_grant('sop.read', 'owner admin operator pm member viewer user');
select fl_grant('sop.write', 'owner admin operator pm');
select fl_grant('onboarding.read', 'owner admin operator pm member viewer user');
select fl_rights_refresh();

create table sops (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	title text not null check (length(title) between 1 and 200), -- this and the next two as they are being written; what counts is the version n
	body text not null default '' check (length(body) <= 100000),
	document_id uuid,
	state text not null default 'draft' check (state in ('draft', 'published', 'archived')),
	n int not null default 0 check (n >= 0), -- the version that counts; 0: none yet
	asks int not null default 0,             -- from this version on an acknowledgement counts
	asked_at timestamptz,                    -- when that version came
	must boolean not null default true,      -- whom it is for has to acknowledge it
	due_days int not null default 7 check (due_days between 1 and 365), -- after it was asked for, or after the person was one of those it is for
	roles text[] not null default '{}' check (roles <@ '{owner,admin,operator,pm,member,viewer,user}'), -- none: of any role
	places text[] not null default '{}',     -- areas and teams, as scopes; none: everywhere
	owner_id uuid,
	review_on date,
	review_told date,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, document_id) references documents (org_id, id) on delete set null (document_id),
	check (state <> 'published' or n > 0),
	check (asks <= n and (n > 0) = (asked_at is not null))
);
select fl_tenant_table('sops', 'select');

create table sop_versions (
	org_id uuid not null,
	sop_id uuid not null,
	n int not null check (n > 0),
	title text not null,
	body text not null,
	document_id uuid,
	note text not null default '', -- what changed
	small boolean not null,        -- a correction: what was acknowledged before still counts
	published_by uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, sop_id, n),
	foreign key (org_id, sop_id) references sops (org_id, id),
	foreign key (org_id, document_id) references documents (org_id, id) on delete set null (document_id)
);
select fl_tenant_table('sop_versions', 'select');

-- Whom a published procedure is for, kept by sop_settle.
create table sop_readers (
	org_id uuid not null,
	sop_id uuid not null,
	user_id uuid not null,
	acked int not null default 0,  -- the newest version this person acknowledged
	acked_at timestamptz,
	told int not null default 0,   -- the version whose being late was told
	created_at timestamptz not null default now(),
	primary key (org_id, sop_id, user_id),
	foreign key (org_id, sop_id) references sops (org_id, id),
	foreign key (org_id, user_id) references memberships (org_id, user_id) on delete cascade
);
create index sop_readers_user on sop_readers (org_id, user_id);
select fl_tenant_table('sop_readers', 'select');

create table sop_acknowledgements (
	org_id uuid not null,
	sop_id uuid not null,
	n int not null,
	user_id uuid not null,
	name text not null, -- outlives the membership
	created_at timestamptz not null default now(),
	primary key (org_id, sop_id, n, user_id),
	foreign key (org_id, sop_id, n) references sop_versions (org_id, sop_id, n)
);
create index sop_acknowledgements_user on sop_acknowledgements (org_id, user_id);
select fl_tenant_table('sop_acknowledgements', 'select');

create function sop_transition() returns trigger language plpgsql as $$
begin
	if new.state <> old.state and not (old.state || '>' || new.state = any (array['draft>published', 'draft>archived', 'published>archived', 'archived>published', 'archived>draft'])) then
		perform fl_fail('FL409', 'error.transition', 'state');
	end if;
	return new;
end
$$;
create trigger transition before update of state on sops for each row execute function sop_transition();

-- The scope of the area a part belongs to; what is no part is its own.
create function place_area(p_org uuid, p_place text) returns text language plpgsql stable as $$
begin
	if p_place not like 'subcategory.%' then
		return p_place;
	end if;
	return (select 'category.' || public.scope_slug(p.category) from public.pipelines p
		where p.org_id = p_org and public.scope_slug(p.subcategory) = split_part(p_place, '.', 2) limit 1);
end
$$;
select fl_definer_function('place_area(uuid, text)');

-- Whether who acts may write what is for these places: owners and administrators everything, others only what names areas and teams, all of them in their charge.
create function sop_reach(p_places text[]) returns boolean language plpgsql stable as $$
begin
	return public.fl_can('sop.write') and (public.fl_can('org.manage') or cardinality(p_places) > 0 and (public.fl_unscoped() or not exists (select from unnest(p_places) p
		where not exists (select from public.scope_grants g where g.org_id = public.fl_org() and g.user_id = public.fl_user() and g.scope in (p, public.place_area(public.fl_org(), p))))));
end
$$;
select fl_definer_function('sop_reach(text[])');
create function sop_writes(p_sop uuid) returns boolean language plpgsql stable as $$
begin
	return current_setting('app.actor', true) = 'job' or public.fl_can('sop.write')
		and exists (select from public.sops s where s.org_id = public.fl_org() and s.id = p_sop and public.sop_reach(s.places));
end
$$;
select fl_definer_function('sop_writes(uuid)');
-- Who reads: whom it is for, who may write it, and who acknowledged it once.
create function sop_seen(p_sop uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.sop_readers r where r.org_id = public.fl_org() and r.sop_id = p_sop and r.user_id = public.fl_user())
		or exists (select from public.sop_acknowledgements a where a.org_id = public.fl_org() and a.sop_id = p_sop and a.user_id = public.fl_user())
		or public.sop_writes(p_sop);
end
$$;
select fl_definer_function('sop_seen(uuid)');
create policy seen on sops as restrictive for select to fl_app using (public.sop_seen(id));
create policy seen on sop_versions as restrictive for select to fl_app using (public.sop_seen(sop_id));
create policy seen on sop_readers as restrictive for select to fl_app using (user_id = (select fl_user()) or public.sop_writes(sop_id));
create policy seen on sop_acknowledgements as restrictive for select to fl_app using (user_id = (select fl_user()) or public.sop_writes(sop_id));

-- Whether a person of that role is one of those named by roles and places: in one of the teams, or in charge of one of the areas or a part of it.
create function member_fits(p_org uuid, p_user uuid, p_role text, p_roles text[], p_places text[]) returns boolean language plpgsql stable as $$
begin
	return p_role <> 'client' and (p_roles = '{}' or p_role = any (p_roles)) and (p_places = '{}'
		or exists (select from public.team_members t where t.org_id = p_org and t.user_id = p_user and 'team.' || t.team_id = any (p_places))
		or exists (select from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and (g.scope = any (p_places) or public.place_area(p_org, g.scope) = any (p_places))));
end
$$;
select fl_definer_function('member_fits(uuid, uuid, text, text[], text[])', 'fl_definer');

-- What of an onboarding that runs asks for: 801 fills it.
create function onboarding_asks(p_org uuid, p_sop uuid, p_user uuid) returns boolean language plpgsql stable as $$
begin
	return false;
end
$$;
select fl_definer_function('onboarding_asks(uuid, uuid, uuid)', 'fl_definer');

-- Brings the readers of one procedure, or the procedures of one person, to what roles, teams and areas say. Answers whom something new is for. One at a time in an organisation,
-- so that what is published and who joins at the same moment find each other.
create function sop_settle(p_sop uuid, p_user uuid) returns table (sop_id uuid, user_id uuid) language plpgsql as $$
declare
	v_org uuid := public.fl_org();
begin
	perform pg_advisory_xact_lock(hashtext('sop_settle'), hashtext(v_org::text));
	delete from public.sop_readers r using public.sops s, public.memberships m where r.org_id = v_org and s.org_id = v_org and s.id = r.sop_id and m.org_id = v_org and m.user_id = r.user_id
		and (p_sop is null or r.sop_id = p_sop) and (p_user is null or r.user_id = p_user)
		and not (s.state = 'published' and (public.member_fits(v_org, m.user_id, m.role, s.roles, s.places) or public.onboarding_asks(v_org, s.id, m.user_id)));
	return query with wanted as materialized (
		select s.id, m.user_id as who from public.sops s join public.memberships m on m.org_id = s.org_id
			where s.org_id = v_org and s.state = 'published' and (p_sop is null or s.id = p_sop) and (p_user is null or m.user_id = p_user)
				and (public.member_fits(v_org, m.user_id, m.role, s.roles, s.places) or public.onboarding_asks(v_org, s.id, m.user_id))
			for key share of m)
		insert into public.sop_readers as r (org_id, sop_id, user_id, acked, acked_at)
			select v_org, w.id, w.who, coalesce(a.n, 0), a.created_at from wanted w left join lateral (select x.n, x.created_at from public.sop_acknowledgements x
				where x.org_id = v_org and x.sop_id = w.id and x.user_id = w.who order by x.n desc limit 1) a on true
			on conflict on constraint sop_readers_pkey do nothing returning r.sop_id, r.user_id;
end
$$;
select fl_definer_function('sop_settle(uuid, uuid)', 'fl_definer');

-- By when a reader has to have acknowledged what is asked now.
create function sop_due(s sops, r sop_readers) returns timestamptz language sql immutable as $$
	select case when s.must then greatest(r.created_at, s.asked_at) + make_interval(days => s.due_days) end
$$;

insert into notification_kinds (kind, n, by_mail) values ('sop_asked', 150, false), ('sop_overdue', 151, true), ('sop_review', 152, false), ('onboarding_begun', 153, true), ('onboarding_done', 154, false);
insert into notification_subjects values ('sop', '/procedures', true), ('sops', '/procedures', false), ('onboarding', '/onboarding', true);
