-- The parts of the first page in the order a person wants (ux 1.1).
create table desk_orders (
	org_id uuid not null references organizations,
	user_id uuid not null references users,
	parts text[] not null,
	updated_at timestamptz not null default now(),
	primary key (org_id, user_id)
);
select fl_tenant_table('desk_orders');

create function desk_parts() returns text[] language plpgsql stable as $$
begin
	return coalesce((select d.parts from desk_orders d where d.org_id = fl_org() and d.user_id = fl_user()), '{tiles,lists,trend,latest}');
end
$$;

-- "lists.up": that part changes places with its neighbour. At the end it stays where it is.
create function desk_move(p_move text) returns table (part text) language plpgsql as $$
declare
	v_parts text[] := desk_parts();
	v_part text := split_part(p_move, '.', 1);
	v_at int := array_position(v_parts, v_part);
	v_to int := v_at + case split_part(p_move, '.', 2) when 'up' then -1 else 1 end;
begin
	if fl_user() is null then
		perform fl_fail('FL403', 'error.not_allowed', 'intake.read');
	end if;
	if v_to between 1 and cardinality(v_parts) then
		v_parts[v_at] := v_parts[v_to];
		v_parts[v_to] := v_part;
		insert into desk_orders as d (org_id, user_id, parts) values (fl_org(), fl_user(), v_parts)
			on conflict on constraint desk_orders_pkey do update set parts = excluded.parts, updated_at = now();
	end if;
	return query select v_part;
end
$$;
