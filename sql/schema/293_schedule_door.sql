-- The door of the scheduling agent for programs that carry messages of people: a chat widget, a gateway of text messages, a mail service (SCH-01, INT-02).

-- A message that wants a meeting, or goes on with one (p_intake). What stands in it is read by the agent whatever the desk decides about the request.
create function schedule_message(p_channel text, p_subject text, p_text text, p_name text, p_email text, p_phone text, p_intake uuid, p_locale text)
	returns table (id uuid, number bigint, status text) language plpgsql as $$
declare
	r intake_requests;
	t schedule_talks;
begin
	if p_intake is null then
		if p_channel = 'sms' and p_phone is null or p_channel = 'email' and p_email is null or coalesce(p_email, p_phone) is null then
			perform fl_fail('FL422', case p_channel when 'sms' then 'wrong.phone_needed' else 'wrong.address_needed' end, case p_channel when 'sms' then 'phone' else 'email' end);
		end if;
		select c.id into r.id from intake_create(p_channel, left(coalesce(nullif(p_subject, ''), split_part(btrim(p_text), E'\n', 1)), 120), p_text, p_name, p_email, p_phone, '{}', null, null, null, null, null, p_locale) c;
		perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', r.id), 4, null, r.id::text);
	else
		select * into r from intake_requests x where x.org_id = fl_org() and x.id = p_intake;
		if r.id is null then
			return;
		end if;
		perform intake_message_in(r.id, p_name, p_text, null);
	end if;
	select * into r from intake_requests x where x.org_id = fl_org() and x.id = r.id;
	select * into t from schedule_talks x where x.org_id = fl_org() and x.intake_id = r.id;
	return query select r.id, r.number, coalesce(t.state, 'PENDING');
end
$$;
