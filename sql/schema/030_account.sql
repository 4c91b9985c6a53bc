-- Accounts of people: what a session has proven. Both times are copied to its principals, where fl_enter and statements read them without
-- another probe.

alter table sessions add column password_at timestamptz not null default now(), -- when the password (or a provider's sign-in) last proved who this is
	add column second_factor_at timestamptz; -- when a second factor last did; null: never in this session
alter table principals add column password_at timestamptz, add column second_factor_at timestamptz;
update principals p set password_at = s.password_at from sessions s where s.id = p.session_id;

create function principal_proofs() returns trigger language plpgsql as $$
begin
	select s.password_at, s.second_factor_at into new.password_at, new.second_factor_at from public.sessions s where s.id = new.session_id;
	return new;
end
$$;
select fl_definer_function('principal_proofs()');
create trigger principal_proofs before insert on principals for each row when (new.session_id is not null) execute function principal_proofs();

-- Notes a proof given in a running session.
create function fl_session_proven(p_hash bytea, p_password boolean, p_second boolean) returns void language plpgsql as $$
begin
	update public.sessions s set password_at = case when p_password then now() else s.password_at end,
		second_factor_at = case when p_second then now() else s.second_factor_at end where s.token_hash = p_hash;
	update public.principals p set password_at = case when p_password then now() else p.password_at end,
		second_factor_at = case when p_second then now() else p.second_factor_at end where p.token_hash = p_hash and p.kind = 'session';
end
$$;
select fl_definer_function('fl_session_proven(bytea, boolean, boolean)');
