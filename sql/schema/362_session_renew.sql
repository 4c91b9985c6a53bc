-- Another token for a session that has just proven who it is (ASVS 7.2.4, checklist 35): whoever had the one before has nothing any more. What hangs on the session itself
-- (access and refresh tokens, a visit) goes on.
create function session_renew(p_hash bytea, p_new bytea) returns void language plpgsql as $$
begin
	update public.sessions s set token_hash = p_new where s.token_hash = p_hash;
	update public.principals p set token_hash = p_new where p.token_hash = p_hash and p.kind in ('session', 'support');
end
$$;
select fl_definer_function('session_renew(bytea, bytea)');
