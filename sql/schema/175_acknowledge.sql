-- Who asks through a form and gives an address gets a confirmation with the link to follow the request, as who writes a mail does (INT-01): in his
-- language, nothing of what was written in it. mail_queue bounds how many go to one address and sends none to ourselves; what comes back by itself
-- is never answered (024), so nothing goes round. settings.acknowledge = "off" switches it off.
create function form_acknowledge(p_intake uuid, p_status text, p_key text, p_locale text) returns void language plpgsql as $$
declare
	r intake_requests;
begin
	if p_status = 'QUARANTINED' or (select o.settings ->> 'acknowledge' from organizations o where o.id = fl_org()) is not distinct from 'off' then
		return;
	end if;
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
	if r.requester_email is not null then
		perform mail_queue(r.requester_email, '', p_locale, 'received', jsonb_build_object('number', r.number, 'status_key', p_key), r.id, null, null, true);
	end if;
end
$$;
