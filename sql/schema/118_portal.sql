-- The page of a client: own requests, their state, messages and documents (ROL-09). Which rows those are is decided by the policies of 117 and asked once more here.

select fl_grant('portal.read', 'client');
select fl_grant('portal.write', 'client');

create function portal_own(p_contact uuid, p_email text) returns boolean language sql stable parallel safe as $$
	select fl_role() = 'client' and (fl_in_scope('clients', p_contact) or coalesce(p_email = current_setting('app.scope_email', true), false))
$$;

create function portal_ask(p_subject text, p_body text) returns table (id uuid) language plpgsql as $$
declare
	m memberships;
begin
	select * into m from memberships x where x.org_id = fl_org() and x.user_id = fl_user();
	if (select count(*) from intake_requests r where r.org_id = fl_org() and r.id >= uuid_at(now() - interval '1 hour') and r.requester_email = m.email) >= 20 then
		perform fl_fail('FL429', 'error.too_many');
	end if;
	return query select c.id from intake_create('form', p_subject, p_body, m.name, m.email, null, '{}', null, null, null, null, null, null) c;
end
$$;

create function portal_add(p_id uuid, p_body text) returns table (id uuid) language plpgsql as $$
begin
	if not exists (select from intake_requests r where r.org_id = fl_org() and r.id = p_id and portal_own(r.contact_id, r.requester_email)) then
		return;
	end if;
	if (select count(*) from intake_messages m where m.org_id = fl_org() and m.intake_id = p_id and m.direction = 'in' and m.created_at > now() - interval '1 hour') >= 10 then
		perform fl_fail('FL429', 'error.too_many');
	end if;
	return query select p_id from intake_message_in(p_id, (select m.name from memberships m where m.org_id = fl_org() and m.user_id = fl_user()), p_body, null) x where x is not null;
end
$$;

