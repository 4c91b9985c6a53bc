-- A session slides for thirty days at a time, but ends ninety days after it began (ASVS 7.3.2).
create index sessions_begun on sessions (created_at);

create or replace function sweep_sessions() returns bigint language plpgsql as $$
declare
	v_sessions bigint;
	v_principals bigint;
begin
	delete from public.sessions where expires_at < now() or created_at < now() - interval '90 days';
	get diagnostics v_sessions = row_count;
	delete from public.principals where expires_at < now();
	get diagnostics v_principals = row_count;
	return v_sessions + v_principals;
end
$$;
select fl_definer_function('sweep_sessions()', 'fl_sweep');
