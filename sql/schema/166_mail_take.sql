-- Mail with invitations (163) and mail with nothing but files (131): one reading of both.

-- A mail that was read finds its place, once: a word in a conversation, a new request, or put aside with its reason. p_forced: a person said it
-- is a request. p_own: the address our mail is sent from, p_from: the sender, null when it has no usable address.
create or replace function mail_take(p_id uuid, p_mail jsonb, p_from text, p_own text, p_number bigint, p_forced boolean) returns void language plpgsql as $$
declare
	w mail_raw;
	r record;
	v_intake uuid;
	v_name text := left(p_mail #>> '{from,name}', 200);
	v_subject text := btrim(p_mail ->> 'subject');
	v_text text := left(btrim(p_mail ->> 'text', E' \r\n\t'), 100000);
	v_message text := coalesce(p_mail ->> 'message_id', '');
	v_reason text;
	v_itip text;
begin
	select * into w from mail_raw where org_id = fl_org() and id = p_id and state = 'new' for update;
	if w.id is null then
		return;
	end if;
	v_reason := case when p_from = lower(p_own) then 'own' else mail_machine(p_mail, p_from) end;
	v_intake := mail_thread(p_number, array(select jsonb_array_elements_text(p_mail -> 'references') union select p_mail ->> 'in_reply_to'), v_subject, p_from);
	if v_reason is null and v_subject = '' and v_text = '' and jsonb_array_length(coalesce(p_mail -> 'attachments', '[]')) = 0 then
		v_reason := 'empty';
	end if;
	-- Answers and cancellations come from programs as well as from people; nobody has to answer them.
	if p_mail #>> '{calendar,method}' in ('REPLY', 'CANCEL') and v_reason is distinct from 'own' and not p_forced then
		v_itip := itip_take(p_from, p_mail -> 'calendar', null);
		if v_itip is not null then
			update mail_raw set state = case when v_itip = 'kept' then 'done' else 'ignored' end, reason = 'itip_' || v_itip, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
			return;
		end if;
	end if;
	if v_reason is not null and not p_forced then
		-- What a machine says about a conversation is kept there as a note: it answers nothing and opens nothing again.
		if v_intake is not null and v_reason <> 'own' and v_text <> '' then
			insert into intake_messages (org_id, intake_id, direction, author_name, body, message_id)
				values (fl_org(), v_intake, 'note', coalesce(nullif(v_name, ''), p_from, ''), v_text, nullif(v_message, ''));
			perform fl_emit('intake.updated', jsonb_build_object('intake_id', v_intake, 'change', 'message'));
		end if;
		update mail_raw set state = 'ignored', reason = v_reason, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
		return;
	end if;
	if v_intake is not null then
		perform intake_message_in(v_intake, coalesce(nullif(v_name, ''), p_from), coalesce(nullif(v_text, ''), v_subject), nullif(v_message, ''));
	else
		select * into r from intake_create('email', coalesce(nullif(left(v_subject, 300), ''), nullif(left(split_part(v_text, E'\n', 1), 120), ''), 'E-mail'), v_text,
			v_name, p_from, null, '{}', null, null, null, nullif(v_message, ''), case when mail_flood(p_from) then 'flood' end, null);
		v_intake := r.id;
		if v_reason is null and p_from is not null and r.status = 'NEW' then
			perform mail_acknowledge(v_intake, r.number, p_from, v_name, nullif(v_message, ''), r.status_key);
		end if;
	end if;
	if p_mail #>> '{calendar,method}' = 'REQUEST' and v_reason is null then
		perform itip_take(p_from, p_mail -> 'calendar', v_intake);
	end if;
	update mail_raw set state = 'done', reason = null, intake_id = v_intake, updated_at = now() where org_id = fl_org() and id = p_id;
end
$$;
