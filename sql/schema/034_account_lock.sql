-- A lock is noted with the person too, so that administrators see it; what holds is sign_in_failures.
create or replace function sign_in_failed(p_email text, p_address text) returns void language plpgsql as $$
declare
	v_locked timestamptz;
	v_failures int;
begin
	insert into public.sign_in_failures as f (account, address, failures) values (public.account_of(p_email), public.network_of(p_address), 1)
		on conflict (account, address) do update set last_at = now(),
			failures = case when f.locked_until < now() or f.last_at < now() - interval '15 minutes' then 1 else f.failures + 1 end,
			locked_until = case when f.locked_until > now() then f.locked_until
				when f.locked_until is null and f.last_at >= now() - interval '15 minutes' and f.failures + 1 >= 5 then now() + interval '15 minutes' end
		returning locked_until, failures into v_locked, v_failures;
	if v_locked > now() then
		update public.users u set locked_until = v_locked, failed_sign_ins = v_failures where u.email = lower(p_email);
	end if;
end
$$;
select fl_definer_function('sign_in_failed(text, text)');
