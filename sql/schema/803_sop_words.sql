-- What a thing is called in the audit log and elsewhere: as in 660, with procedures and onboarding.
create or replace function thing_name(p_kind text, p_id uuid) returns text language plpgsql stable as $$
begin
	if p_id is null then
		return null;
	end if;
	case p_kind
		when 'intake' then return (select 'REQ-' || r.number || ' ' || r.subject from intake_requests r where r.org_id = fl_org() and r.id = p_id);
		when 'decision' then return (select 'REQ-' || r.number || ' ' || r.subject from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
			where d.org_id = fl_org() and d.id = p_id);
		when 'item' then return (select 'REQ-' || i.number || ' ' || i.title from pipeline_items i where i.org_id = fl_org() and i.id = p_id);
		when 'task' then return (select t.title from tasks t where t.org_id = fl_org() and t.id = p_id);
		when 'document' then return (select d.name from documents d where d.org_id = fl_org() and d.id = p_id);
		when 'event' then return (select e.title from calendar_events e where e.org_id = fl_org() and e.id = p_id);
		when 'user' then return (select m.name from memberships m where m.org_id = fl_org() and m.user_id = p_id);
		when 'contact' then return (select c.name from contacts c where c.org_id = fl_org() and c.id = p_id);
		when 'lead' then return (select l.title from leads l where l.org_id = fl_org() and l.id = p_id);
		when 'pipeline' then return (select p.name from pipelines p where p.org_id = fl_org() and p.id = p_id);
		when 'stage' then return (select s.name from pipeline_stages s where s.org_id = fl_org() and s.id = p_id);
		when 'team' then return (select t.name from teams t where t.org_id = fl_org() and t.id = p_id);
		when 'form' then return (select f.name from intake_forms f where f.org_id = fl_org() and f.id = p_id);
		when 'webhook' then return (select s.name from webhook_sources s where s.org_id = fl_org() and s.id = p_id);
		when 'hook' then return (select h.name from hooks h where h.org_id = fl_org() and h.id = p_id);
		when 'poll' then return (select p.title from polls p where p.org_id = fl_org() and p.id = p_id);
		when 'booking' then return (select b.name from bookings b where b.org_id = fl_org() and b.id = p_id);
		when 'booking_page' then return (select b.name from booking_pages b where b.org_id = fl_org() and b.id = p_id);
		when 'sla_policy' then return (select s.name from sla_policies s where s.org_id = fl_org() and s.id = p_id);
		when 'task_template' then return (select t.name from task_templates t where t.org_id = fl_org() and t.id = p_id);
		when 'sop' then return (select s.title from sops s where s.org_id = fl_org() and s.id = p_id);
		when 'onboarding' then return (select o.name from onboardings o where o.org_id = fl_org() and o.id = p_id);
		when 'onboarding_plan' then return (select p.name from onboarding_plans p where p.org_id = fl_org() and p.id = p_id);
		when 'resource' then return (select r.name from resources r where r.org_id = fl_org() and r.id = p_id);
		when 'key' then return (select k.name from api_keys k where k.org_id = fl_org() and k.id = p_id);
		when 'mailbox' then return (select m.address from mailboxes m where m.org_id = fl_org() and m.id = p_id);
		when 'email' then return (select e.to_email from email_messages e where e.org_id = fl_org() and e.id = p_id);
		when 'organization' then return (select o.name from organizations o where o.id = fl_org() and o.id = p_id);
		else return null;
	end case;
end
$$;
