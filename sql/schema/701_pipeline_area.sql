-- Areas of an organisation hold pipelines, and parts of areas some of them (ROL-05): category, sub-category, module, of which a pipeline is one. So the scopes are a hierarchy:
-- strategy is everything, category.X what the area X holds, subcategory.X what its part X holds, module.X the pipeline of that name. A pipeline in no area is
-- reached by its own name under each, as before.

alter table pipelines
	add column category text check (length(category) between 1 and 60),
	add column subcategory text check (length(subcategory) between 1 and 60),
	add constraint pipelines_part check (subcategory is null or category is not null);

create function scope_covers(p_scope text, p_id uuid, p_name text, p_category text, p_subcategory text) returns boolean language plpgsql immutable parallel safe as $$
declare
	v_name text := split_part(p_scope, '.', 2);
begin
	return case split_part(p_scope, '.', 1)
		when 'pipeline' then p_id::text = v_name
		when 'category' then public.scope_slug(coalesce(p_category, p_name)) = v_name
		when 'subcategory' then public.scope_slug(coalesce(p_subcategory, p_name)) = v_name
		when 'module' then public.scope_slug(p_name) = v_name else false end;
end
$$;

-- As in 117, with areas.
create or replace function fl_narrow(p_scope text, p_org uuid, p_user uuid) returns void language plpgsql as $$
declare
	v_pipelines uuid[] := '{}';
	v_clients uuid[] := '{}';
	v_teams uuid[] := '{}';
	v_people uuid[] := '{}';
	v_email text := '';
begin
	if p_scope = 'client' then
		v_people := array[p_user];
		select m.email into v_email from public.memberships m where m.org_id = p_org and m.user_id = p_user;
		v_clients := array(select c.id from public.memberships m join public.contacts c on c.org_id = m.org_id and lower(c.email) = m.email
			where m.org_id = p_org and m.user_id = p_user);
	else
		v_clients := array(select substr(g.scope, 8)::uuid from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and g.scope like 'client.%');
		v_teams := array(select substr(g.scope, 6)::uuid from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and g.scope like 'team.%');
		v_pipelines := array(select p.id from public.pipelines p where p.org_id = p_org and exists (select from public.scope_grants g
			where g.org_id = p_org and g.user_id = p_user and public.scope_covers(g.scope, p.id, p.name, p.category, p.subcategory)));
		v_people := array(select t.user_id from public.team_members t where t.org_id = p_org and t.team_id = any (v_teams)) || p_user;
	end if;
	perform set_config('app.scope_pipelines', v_pipelines::text, true), set_config('app.scope_clients', v_clients::text, true),
		set_config('app.scope_teams', v_teams::text, true), set_config('app.scope_people', v_people::text, true), set_config('app.scope_email', v_email, true),
		set_config('app.scope', p_scope, true);
end
$$;
select fl_definer_function('fl_narrow(text, uuid, uuid)', 'fl_definer');

-- Where somebody begins who is narrowed: at the highest of the scopes that hold something. One pipeline is its board, several are the boards.
create or replace function scope_home() returns text language plpgsql stable as $$
declare
	v_path text;
begin
	if fl_unscoped() then
		return null;
	end if;
	select case when x.kind = 'team' then '/tasks/board' when x.kind = 'client' then '/contacts/' || x.name when b.n = 1 then '/boards/' || b.first else '/boards' end into v_path
		from scope_grants g cross join lateral (select split_part(g.scope, '.', 1) as kind, split_part(g.scope, '.', 2) as name) x
			cross join lateral (select count(*) as n, min(p.id::text) as first, min(p.name) as name from pipelines p
				where p.org_id = g.org_id and p.archived_at is null and scope_covers(g.scope, p.id, p.name, p.category, p.subcategory)) b
		where g.org_id = fl_org() and g.user_id = fl_user()
			and case when x.kind = 'team' then fl_can('task.read') when x.kind = 'client' then fl_can('contact.read') else b.n > 0 and fl_can('board.read') end
		order by array_position(array['category', 'subcategory', 'module', 'pipeline', 'team', 'client'], x.kind), b.name, g.scope limit 1;
	return v_path;
end
$$;

-- Puts a pipeline in an area, or in none. A part belongs to one area.
create function pipeline_area(p_id uuid, p_category text, p_subcategory text) returns table (id uuid) language plpgsql as $$
declare
	v_category text := nullif(btrim(p_category), '');
	v_part text := nullif(btrim(p_subcategory), '');
	p pipelines;
begin
	select * into p from pipelines x where x.org_id = fl_org() and x.id = p_id for update;
	if p.id is null then
		return;
	elsif v_category is null and v_part is not null then
		perform fl_fail('FL422', 'wrong.area_needed', 'category');
	elsif scope_slug(v_category) !~ '^[a-z0-9]' then
		perform fl_fail('FL422', 'wrong.area_name', 'category');
	elsif scope_slug(v_part) !~ '^[a-z0-9]' then
		perform fl_fail('FL422', 'wrong.area_name', 'subcategory');
	elsif exists (select from pipelines x where x.org_id = fl_org() and x.id <> p_id and scope_slug(x.subcategory) = scope_slug(v_part) and scope_slug(x.category) <> scope_slug(v_category)) then
		perform fl_fail('FL422', 'wrong.area_elsewhere', 'subcategory');
	end if;
	update pipelines x set category = v_category, subcategory = v_part, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('pipeline.area', 'pipeline', p_id, jsonb_build_object('from', jsonb_build_object('category', p.category, 'subcategory', p.subcategory),
		'to', jsonb_build_object('category', v_category, 'subcategory', v_part)));
	return query select p_id;
end
$$;

-- The areas of an organisation and their parts, each as its scope and its name.
create function scope_areas() returns table (kind text, scope text, name text, area text) language plpgsql stable as $$
begin
	return query select x.kind, x.scope, min(x.name), min(x.area) from (
			select 'category' as kind, 'category.' || scope_slug(p.category) as scope, p.category as name, p.category as area
				from pipelines p where p.org_id = fl_org() and p.category is not null
			union all select 'subcategory', 'subcategory.' || scope_slug(p.subcategory), p.subcategory, p.category
				from pipelines p where p.org_id = fl_org() and p.subcategory is not null) x group by x.kind, x.scope;
end
$$;

-- As in 117, with what was chosen of the areas.
create function scope_text(p_scopes text, p_areas jsonb, p_pipelines jsonb, p_teams jsonb, p_clients text) returns text language plpgsql stable as $$
begin
	return scope_text(coalesce(p_scopes, '') || coalesce((select string_agg(' ' || x, '') from jsonb_array_elements_text(p_areas) x), ''), p_pipelines, p_teams, p_clients);
end
$$;

create or replace function scope_words(p_user uuid, p_kind text) returns text language plpgsql stable as $$
begin
	return (select string_agg(coalesce(case when p_kind = 'client' then c.email else coalesce(p.name, a.name, nullif(c.name, ''), c.email, t.name) end, g.scope), case p_kind when 'all' then ', ' else E'\n' end order by g.scope)
		from scope_grants g
			left join pipelines p on p.org_id = g.org_id and g.scope = 'pipeline.' || p.id
			left join scope_areas() a on a.scope = g.scope
			left join contacts c on c.org_id = g.org_id and g.scope = 'client.' || c.id
			left join teams t on t.org_id = g.org_id and g.scope = 'team.' || t.id
		where g.org_id = fl_org() and g.user_id = p_user and case p_kind when 'all' then true when 'client' then g.scope like 'client.%'
			else g.scope !~ '^(pipeline|client|team)\.' and a.scope is null end);
end
$$;
