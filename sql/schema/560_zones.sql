-- pg_timezone_names reads some six hundred files each time it is asked (10 ms of processor): a page of free times asked four times. The names are kept; migrate renews them.
create table zones (name text primary key);
grant select on zones to fl_app, fl_sweep, fl_definer;
create function fl_zones_refresh() returns void language sql as $$
	with known as materialized (select z.name from pg_timezone_names z),
		gone as (delete from zones z where not exists (select from known k where k.name = z.name))
	insert into zones select k.name from known k on conflict do nothing
$$;
select fl_zones_refresh();

create or replace function calendar_is_zone(p_zone text) returns boolean language sql stable as $$
	select exists (select from zones where name = p_zone)
$$;
