-- Where leaked passwords are looked up, and did not answer: asked again after half a minute, so that waiting for it takes no sign-in's place.
create table password_range (one boolean primary key default true check (one), rests_until timestamptz not null default '-infinity');
insert into password_range default values;
grant select, update on password_range to fl_definer;

create function password_range_rests() returns boolean language sql stable as $$
	select r.rests_until > now() from public.password_range r
$$;
select fl_definer_function('password_range_rests()');

create function password_range_failed() returns void language sql as $$
	update public.password_range r set rests_until = now() + interval '30 seconds'
$$;
select fl_definer_function('password_range_failed()');
