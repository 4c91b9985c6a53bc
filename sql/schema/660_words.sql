-- What the logs tell, in words: which thing a row is about and what it is called, and what an act changed, before and after.

-- Where a thing is seen; kinds that have no page of their own lead nowhere.
insert into notification_subjects values ('pipeline', '/pipelines', true), ('form', '/channels/forms', true), ('webhook', '/channels/webhooks', true),
	('sla_policy', '/settings/sla', true), ('booking_page', '/booking', true), ('user', '/members', true), ('team', '/settings/teams', false),
	('key', '/settings/keys', false), ('resource', '/calendar/resources', false), ('organization', '/settings', false), ('task_template', '/task-templates', false),
	('mailbox', '/channels/mail', false), ('calendar_import', '/calendar/imports', true)
	on conflict do nothing;

create function thing_path(p_kind text, p_id uuid) returns text language plpgsql stable as $$
begin
	return (select s.path || case when s.with_id then '/' || p_id else '' end from public.notification_subjects s where s.subject_kind = p_kind and (not s.with_id or p_id is not null));
end
$$;

-- What a thing is called, as far as who asks may see it; null when it is gone or nothing is called so.
create function thing_name(p_kind text, p_id uuid) returns text language plpgsql stable as $$
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
		when 'resource' then return (select r.name from resources r where r.org_id = fl_org() and r.id = p_id);
		when 'key' then return (select k.name from api_keys k where k.org_id = fl_org() and k.id = p_id);
		when 'mailbox' then return (select m.address from mailboxes m where m.org_id = fl_org() and m.id = p_id);
		when 'email' then return (select e.to_email from email_messages e where e.org_id = fl_org() and e.id = p_id);
		when 'organization' then return (select o.name from organizations o where o.id = fl_org() and o.id = p_id);
		else return null;
	end case;
end
$$;

create function thing_id(p_text text) returns uuid language plpgsql immutable as $$
begin
	return case when p_text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then p_text::uuid end;
end
$$;

-- The thing that a payload is about, the nearest first.
create function thing_of(p_payload jsonb) returns table (kind text, id uuid) language plpgsql stable as $$
begin
	return query select k.kind, thing_id(p_payload ->> (k.kind || '_id'))
		from unnest(array['task', 'document', 'item', 'booking', 'event', 'intake', 'decision', 'poll', 'email', 'mailbox', 'hook', 'contact', 'lead', 'form', 'pipeline', 'user'])
			with ordinality k(kind, n)
		where thing_id(p_payload ->> (k.kind || '_id')) is not null order by k.n limit 1;
end
$$;

-- A value of a detail as a person reads it: an id as what it is called (null when that is gone), a time in the zone of who asks.
create function detail_word(p_name text, p_value jsonb) returns text language plpgsql stable as $$
declare
	v_text text := p_value #>> '{}';
	v_id uuid;
begin
	case jsonb_typeof(p_value)
		when 'string' then
			v_id := thing_id(v_text);
			if v_id is not null then
				return thing_name(case when p_name in ('from', 'to', 'stage') then 'stage' when p_name in ('assignee_id', 'reviewer_id', 'owner_id', 'member') then 'user'
					when p_name = 'blocker_id' then 'task' when p_name = 'template_id' then 'task_template' else regexp_replace(p_name, '_id$', '') end, v_id);
			end if;
			if v_text ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$' then
				begin
					return to_char(v_text::timestamptz at time zone fl_zone(), 'YYYY-MM-DD HH24:MI');
				exception
					when data_exception then null; -- somebody's words that only look like a time
				end;
			end if;
			return nullif(left(v_text, 200), '');
		when 'number' then return case when v_text like '%.%' then round(v_text::numeric, 2)::text else v_text end;
		when 'boolean' then return v_text;
		when 'array' then return (select left(string_agg(x, ', '), 200) from jsonb_array_elements_text(p_value) x);
		else return null;
	end case;
end
$$;

-- The members of an audit row's detail as lines: what, before, after. A pair (from and to, before and after, old and new, was and role) is one line; objects in
-- a pair are compared member by member. What has no words (a message's id) stays in the raw detail only.
create function detail_words(p_detail jsonb) returns table (n bigint, name text, before text, after text) language plpgsql stable as $$
declare
	v_pair text[];
	v_old jsonb;
	v_new jsonb;
begin
	if jsonb_typeof(p_detail) is distinct from 'object' then
		return;
	end if;
	foreach v_pair slice 1 in array array[['from', 'to'], ['before', 'after'], ['old', 'new'], ['was', 'role']] loop
		if p_detail ? v_pair[1] and p_detail ? v_pair[2] then
			v_old := p_detail -> v_pair[1];
			v_new := p_detail -> v_pair[2];
			p_detail := p_detail - v_pair[1] - v_pair[2];
			if jsonb_typeof(v_old) = 'object' and jsonb_typeof(v_new) = 'object' then
				return query select 0::bigint, k.key, detail_word(k.key, v_old -> k.key), detail_word(k.key, v_new -> k.key)
					from (select jsonb_object_keys(v_old || v_new) as key) k where v_old -> k.key is distinct from v_new -> k.key order by k.key;
			else
				return query select 0::bigint, case when v_pair[2] = 'role' then 'role' else 'change' end, detail_word(v_pair[1], v_old), detail_word(v_pair[2], v_new);
			end if;
		end if;
	end loop;
	return query select d.n, d.key, null::text, w.word from jsonb_each(p_detail) with ordinality d(key, value, n), detail_word(d.key, d.value) w(word)
		where w.word is not null order by d.n;
end
$$;

-- What a job of one's own organisation is about.
create function job_thing(p_job uuid) returns table (kind text, id uuid) language plpgsql stable as $$
begin
	return query select t.kind, t.id from thing_of(coalesce((select j.payload from jobs j where j.org_id = fl_org() and j.id = p_job),
		(select h.payload from job_history h where h.org_id = fl_org() and h.id = p_job))) t;
end
$$;
