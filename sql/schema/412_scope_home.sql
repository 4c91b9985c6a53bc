-- Where somebody begins who is narrowed by scopes (ROL-05, X-46): at the highest of them. Who is not, and the owner, begins at the dashboard, which is everything.
create function scope_home() returns text language plpgsql stable as $$
declare
	v_path text;
begin
	if fl_unscoped() then
		return null;
	end if;
	select case when x.kind in ('category', 'subcategory', 'module', 'pipeline') then '/boards/' || p.id when x.kind = 'team' then '/tasks/board' else '/contacts/' || x.name end into v_path
		from scope_grants g cross join lateral (select split_part(g.scope, '.', 1) as kind, split_part(g.scope, '.', 2) as name) x
			left join pipelines p on p.org_id = g.org_id and (x.kind in ('category', 'subcategory', 'module') and scope_slug(p.name) = x.name or x.kind = 'pipeline' and p.id::text = x.name)
		where g.org_id = fl_org() and g.user_id = fl_user()
			and case when x.kind = 'team' then fl_can('task.read') when x.kind = 'client' then fl_can('contact.read') else p.id is not null and fl_can('board.read') end
		order by array_position(array['category', 'subcategory', 'module', 'pipeline', 'team', 'client'], x.kind), p.name, g.scope limit 1;
	return v_path;
end
$$;
