-- Whether a name is a time zone's is asked by each page with one, and pg_timezone_names reads some 600 files each time (100 ms): the names are kept. One that a later
-- tzdata brings is found the slow way.
create table zone_names (
	name text primary key
);
insert into zone_names select name from pg_timezone_names;
grant select on zone_names to fl_app, fl_sweep, fl_definer;

create or replace function calendar_is_zone(p_zone text) returns boolean language plpgsql stable as $$
begin
	return p_zone is not null and (exists (select from public.zone_names where name = p_zone)
		or p_zone ~ '^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}$' and exists (select from pg_timezone_names where name = p_zone));
end
$$;
