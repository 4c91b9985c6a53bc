-- What people do with a request. Each change is one function: version, row, event, audit, and what follows from it.

-- Locks a request and holds it against the version the person saw (null: whatever it is). Null when there is none.
create function intake_hold(p_id uuid, p_version bigint) returns intake_requests language plpgsql as $$
declare
	r intake_requests;
begin
	select * into r from intake_requests where org_id = fl_org() and id = p_id for update;
	if r.id is not null and p_version is not null and r.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	return r;
end
$$;

-- The trail every change leaves.
create function intake_trail(p_id uuid, p_change text, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
	perform fl_audit('intake.' || p_change, 'intake', p_id, p_detail);
	perform fl_emit('intake.updated', jsonb_build_object('intake_id', p_id, 'change', p_change));
end
$$;

-- Sends a request to a pipeline and, or, a person. A chosen pipeline is a labelled case; a waiting proposal is answered by it
-- (trigger decision_overtaken).
create function intake_assign(p_id uuid, p_version bigint, p_pipeline uuid, p_assignee uuid) returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
	v_item uuid;
begin
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	if p_pipeline is null and p_assignee is null then
		perform fl_fail('FL422', 'wrong.assign_what', 'pipeline_id');
	end if;
	if p_pipeline is not null and not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline and p.archived_at is null) then
		perform fl_fail('FL422', 'wrong.choice', 'pipeline_id');
	end if;
	if p_assignee is not null and not exists (select from memberships m where m.org_id = fl_org() and m.user_id = p_assignee) then
		perform fl_fail('FL422', 'wrong.choice', 'assignee_id');
	end if;
	if p_pipeline is not null and (p_pipeline is distinct from r.pipeline_id or r.item_id is null) then
		select i.item_id into v_item from item_add(p_pipeline, r.id, r.number, r.subject, r.priority, false) i;
		perform labelled_case_add(r.id, p_pipeline, 'assignment');
	end if;
	update intake_requests x set pipeline_id = coalesce(p_pipeline, x.pipeline_id), item_id = coalesce(v_item, x.item_id),
			assignee_id = coalesce(p_assignee, x.assignee_id), status = case when p_pipeline is not null then 'ASSIGNED' else x.status end,
			contact_id = coalesce(x.contact_id, contact_for(x.requester_name, x.requester_email, x.requester_phone)),
			closed_at = null, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	if p_assignee is not null then
		perform item_own(p_id, p_assignee);
	end if;
	perform lead_add(p_id, p_pipeline);
	perform intake_trail(p_id, 'assign', jsonb_strip_nulls(jsonb_build_object('pipeline_id', p_pipeline, 'assignee_id', p_assignee)));
	if p_assignee is not null and p_assignee is distinct from fl_user() then
		perform fl_notify(p_assignee, 'assigned', 'intake', p_id, jsonb_build_object('number', r.number));
	end if;
	return query select r.id, r.version;
end
$$;

-- A new status without its own story: close, reopen, release, reject.
create function intake_set(p_id uuid, p_version bigint, p_from text[], p_status text, p_change text, p_detail jsonb default '{}')
	returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
begin
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	if not r.status = any (p_from) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	update intake_requests x set status = p_status, closed_at = case when p_status in ('CLOSED', 'REJECTED') then now() end, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	perform intake_trail(p_id, p_change, p_detail);
	perform intake_link_ends(r.status_hash, case when r.closed_at is not null then r.closed_at + interval '90 days' end);
	return query select r.id, r.version;
end
$$;

-- When the submitter's link ends; null: not.
create function intake_link_ends(p_hash bytea, p_at timestamptz) returns void language plpgsql as $$
begin
	update public.principals set expires_at = p_at where token_hash = p_hash and org_id = public.fl_org() and kind = 'link';
end
$$;
select fl_definer_function('intake_link_ends(bytea, timestamptz)');

create function intake_close(p_id uuid, p_version bigint, p_reason text default null) returns table (id uuid, version int) language plpgsql as $$
begin
	return query select s.* from intake_set(p_id, p_version, '{NEW,ROUTING,ASSIGNED,NEEDS_APPROVAL,NEEDS_REVIEW}', 'CLOSED', 'close',
		jsonb_strip_nulls(jsonb_build_object('reason', p_reason))) s;
end
$$;

create function intake_reopen(p_id uuid, p_version bigint) returns table (id uuid, version int) language plpgsql as $$
begin
	return query select s.* from intake_requests r, intake_set(p_id, p_version, '{CLOSED,REJECTED}', case when r.pipeline_id is null then 'NEEDS_REVIEW' else 'ASSIGNED' end,
		'reopen') s where r.org_id = fl_org() and r.id = p_id;
end
$$;

-- Out of quarantine: it goes the way every request goes.
create function intake_release(p_id uuid, p_version bigint) returns table (id uuid, version int) language plpgsql as $$
begin
	return query select s.* from intake_set(p_id, p_version, '{QUARANTINED}', 'NEW', 'release') s;
	if found then
		perform fl_enqueue('intake-routing', 'intake.route', jsonb_build_object('intake_id', p_id));
	end if;
end
$$;

create function intake_reject(p_id uuid, p_version bigint) returns table (id uuid, version int) language plpgsql as $$
begin
	return query select s.* from intake_set(p_id, p_version, '{QUARANTINED}', 'REJECTED', 'reject') s;
end
$$;

-- An answer: kept, mailed when there is an address, and the promise of a first answer is kept by it.
create function intake_reply(p_id uuid, p_version bigint, p_body text, p_close boolean) returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
	v_name text;
	v_mail uuid;
	v_message uuid;
begin
	if p_close and not fl_can('intake.route') then
		perform fl_fail('FL403', 'error.not_allowed', 'intake.route');
	end if;
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	select m.name into v_name from memberships m where m.org_id = fl_org() and m.user_id = fl_user();
	if r.requester_email is not null then
		v_mail := mail_queue(r.requester_email, coalesce(r.requester_name, ''), r.locale, 'reply', jsonb_build_object('number', r.number, 'subject', r.subject, 'body', p_body,
			'author', coalesce(v_name, '')), r.id, r.message_id, r.message_id, false);
	end if;
	insert into intake_messages (org_id, intake_id, direction, author_id, author_name, body, email_id, message_id)
		values (fl_org(), p_id, 'out', fl_user(), coalesce(v_name, ''), p_body, v_mail, (select e.message_id from email_messages e where e.org_id = fl_org() and e.id = v_mail))
		returning intake_messages.id into v_message;
	update intake_requests x set answered_at = coalesce(x.answered_at, now()), version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.* into r;
	perform intake_trail(p_id, 'reply', jsonb_build_object('message_id', v_message));
	if p_close and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		return query select c.* from intake_close(p_id, null) c;
	else
		return query select r.id, r.version;
	end if;
end
$$;

-- Seen only inside; no version: a note disturbs nobody.
create function intake_note(p_id uuid, p_body text) returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
begin
	r := intake_hold(p_id, null);
	if r.id is null then
		return;
	end if;
	insert into intake_messages (org_id, intake_id, direction, author_id, author_name, body)
		values (fl_org(), p_id, 'note', fl_user(), coalesce((select m.name from memberships m where m.org_id = fl_org() and m.user_id = fl_user()), ''), p_body);
	perform intake_trail(p_id, 'note');
	return query select r.id, r.version;
end
$$;

-- "Wrong?": what would have been right. The decision is marked, the request moved, the case learned.
create function intake_wrong(p_id uuid, p_version bigint, p_pipeline uuid, p_reason text) returns table (id uuid, version int) language plpgsql as $$
declare
	r intake_requests;
begin
	r := intake_hold(p_id, p_version);
	if r.id is null then
		return;
	end if;
	update agent_decisions d set correct = d.pipeline_id is not distinct from p_pipeline where d.org_id = fl_org() and d.id = r.decision_id;
	perform labelled_case_add(r.id, p_pipeline, 'correction');
	perform fl_audit('decision.wrong', 'decision', r.decision_id, jsonb_strip_nulls(jsonb_build_object('pipeline_id', p_pipeline, 'reason', p_reason)));
	if p_pipeline is not null then
		return query select a.* from intake_assign(p_id, null, p_pipeline, null) a;
	else
		update intake_requests x set status = 'NEEDS_REVIEW', pipeline_id = null, item_id = null, version = x.version + 1, updated_at = now()
			where x.org_id = fl_org() and x.id = p_id and x.status <> 'CLOSED' returning x.* into r;
		perform item_remove(i.id) from pipeline_items i where i.org_id = fl_org() and i.intake_id = p_id and i.archived_at is null;
		perform intake_trail(p_id, 'wrong');
		return query select r.id, r.version where r.id is not null;
	end if;
end
$$;

-- --- people who ask, and leads ---

-- The contact of an address or, without one, of a phone number; made when there is none. Null when neither is known.
create function contact_for(p_name text, p_email text, p_phone text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	if coalesce(p_email, '') = '' and coalesce(p_phone, '') = '' then
		return null;
	end if;
	if coalesce(p_email, '') <> '' then
		select id into v_id from contacts where org_id = fl_org() and email = lower(p_email);
		if v_id is null then
			insert into contacts (org_id, name, email, phone) values (fl_org(), coalesce(p_name, ''), lower(p_email), p_phone)
				on conflict (org_id, email) where email is not null do update set updated_at = contacts.updated_at returning id into v_id;
		end if;
		return v_id;
	end if;
	select id into v_id from contacts where org_id = fl_org() and phone = p_phone order by created_at limit 1;
	if v_id is null then
		insert into contacts (org_id, name, phone) values (fl_org(), coalesce(p_name, ''), p_phone) returning id into v_id;
	end if;
	return v_id;
end
$$;

-- A request that reached a pipeline which makes leads becomes one, once. Called by whoever routes.
create function lead_add(p_intake uuid, p_pipeline uuid) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	insert into leads (org_id, intake_id, contact_id, title)
		select fl_org(), r.id, r.contact_id, r.subject from intake_requests r join pipelines p on p.org_id = fl_org() and p.id = p_pipeline and p.makes_lead
			where r.org_id = fl_org() and r.id = p_intake
		on conflict (org_id, intake_id) where intake_id is not null do nothing returning id into v_id;
	if v_id is not null then
		perform fl_audit('lead.add', 'lead', v_id, jsonb_build_object('intake_id', p_intake));
	end if;
	return v_id;
end
$$;

-- --- the queue ---

-- Whether a request holds the words searched for.
create function intake_has(p_number bigint, p_subject text, p_name text, p_email text, p_body text, p_q text) returns boolean language plpgsql immutable as $$
declare
	v_like text := '%' || replace(replace(replace(p_q, '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
	return p_subject ilike v_like or p_name ilike v_like or p_email ilike v_like or ltrim(upper(p_q), 'REQ-') = p_number::text or p_body ilike v_like;
end
$$;

-- The requests a view with its filters holds, most urgent first; the same conditions as statement intake_list.
create function intake_matching(p_view text, p_channel text, p_pipeline uuid, p_assignee uuid, p_q text, p_most int) returns setof uuid language plpgsql stable as $$
begin
	return query select r.id from intake_requests r
		where r.org_id = fl_org()
			and r.status = any (case p_view when 'closed' then '{CLOSED,REJECTED}'::text[] when 'quarantined' then '{QUARANTINED}' when 'review' then '{NEEDS_REVIEW}'
				when 'approval' then '{NEEDS_APPROVAL}' else '{NEW,ROUTING,ASSIGNED,NEEDS_APPROVAL,NEEDS_REVIEW}' end)
			and case p_view when 'mine' then r.assignee_id = fl_user() when 'unassigned' then r.assignee_id is null else true end
			and (p_channel is null or r.channel = p_channel) and (p_pipeline is null or r.pipeline_id = p_pipeline) and (p_assignee is null or r.assignee_id = p_assignee)
			and (p_q is null or intake_has(r.number, r.subject, r.requester_name, r.requester_email, r.body, p_q))
		order by r.due_at, r.id limit p_most;
end
$$;

-- One act on many: those ticked, or all that match. Requests the act does not fit are passed over; answers how many changed.
create function intake_bulk(p_act text, p_ids jsonb, p_all boolean, p_pipeline uuid, p_view text, p_channel text, p_in_pipeline uuid, p_assignee uuid, p_q text)
	returns bigint language plpgsql as $$
declare
	v_id uuid;
	v_ids uuid[];
	v_status text;
	v_done bigint := 0;
begin
	if p_act = 'assign' and p_pipeline is null then
		perform fl_fail('FL422', 'wrong.assign_what', 'to');
	end if;
	if p_all then
		select array_agg(x) into v_ids from intake_matching(coalesce(p_view, 'open'), p_channel, p_in_pipeline, p_assignee, p_q, 1000) x;
	else
		select array_agg(distinct x::uuid) into v_ids from jsonb_array_elements_text(coalesce(p_ids, '[]')) x;
	end if;
	-- In the order of ids, so that two people's acts on the same rows wait for each other and never block each other.
	for v_id, v_status in select r.id, r.status from intake_requests r where r.org_id = fl_org() and r.id = any (v_ids) order by r.id for update loop
		continue when (p_act = 'release' or p_act = 'reject') <> (v_status = 'QUARANTINED') or (p_act = 'reopen') <> (v_status in ('CLOSED', 'REJECTED'));
		case p_act
			when 'assign' then perform intake_assign(v_id, null, p_pipeline, null);
			when 'mine' then perform intake_assign(v_id, null, null, fl_user());
			when 'close' then perform intake_close(v_id, null);
			when 'release' then perform intake_release(v_id, null);
			when 'reject' then perform intake_reject(v_id, null);
			when 'reopen' then perform intake_reopen(v_id, null);
		end case;
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
