-- Run once by a superuser: psql -v ON_ERROR_STOP=1 -f bootstrap.sql postgres
-- Makes the roles and the database. May be run again. Passwords or peer maps are the site's business.
do $$
declare
	r text;
begin
	foreach r in array array['fl_owner', 'fl_app', 'fl_sweep', 'fl_definer', 'fl_backup'] loop
		if not exists (select from pg_roles where rolname = r) then
			execute format('create role %I', r);
		end if;
	end loop;
end
$$;
alter role fl_owner login nosuperuser nobypassrls;
alter role fl_app login nosuperuser nobypassrls;
alter role fl_sweep login nosuperuser nobypassrls;
alter role fl_definer nologin nosuperuser nobypassrls;
alter role fl_backup login nosuperuser bypassrls;
grant fl_definer to fl_owner;
grant pg_read_all_data to fl_backup;
-- Sizes, and which connections are idle, for the metrics.
grant pg_read_all_stats to fl_definer;
-- Refused entries are answers, not faults: they must not flood the server's log (design.md, idempotency).
alter role fl_app set log_min_messages = fatal;
alter role fl_app set log_min_error_statement = panic;
alter role fl_app set jit = off;
-- Statements are prepared once a connection; left to choose, PostgreSQL plans the lists anew at every call (list of 50: 250 us of CPU against 120).
alter role fl_app set plan_cache_mode = force_generic_plan;
alter role fl_sweep set jit = off;
select 'create database fairlead owner fl_owner encoding ''UTF8'' template template0'
	where not exists (select from pg_database where datname = 'fairlead') \gexec
-- A temporary table would be found before the real one by whatever runs with another's rights.
revoke connect, temporary on database fairlead from public;
grant connect on database fairlead to fl_app, fl_sweep, fl_backup;
