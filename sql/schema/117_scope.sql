-- What a person's scopes and the role of a client let through (ROL-05, ROL-09), and how dates are written (SET-13). Decided in the database: fl_enter notes whose
-- transaction is narrowed and to what, and restrictive policies hold for every statement and for the definer functions alike. Jobs and sweeps are never narrowed.
-- Owners and administrators see everything whatever their scopes (ROL-06). `strategy` is everything; `pipeline.ID`, `client.ID` and `team.ID` name one each;
-- category.NAME, subcategory.NAME and module.NAME name the pipeline of that name, written in small letters, digits and hyphens.

alter table organizations add column date_format text check (date_format in ('YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY'));
alter table principals
	add column scope text not null default '' check (scope in ('', 'scopes', 'client')),
	add column date_format text not null default '',
	add column currency text not null default 'EUR';
alter table scope_grants drop constraint scope_grants_scope_check,
	add constraint scope_grants_scope_check check (scope ~ '^(strategy|(category|subcategory|module)\.[a-z0-9][a-z0-9_-]{0,60}|(pipeline|client|team)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$');

create function principal_fill() returns trigger language plpgsql as $$
begin
	new.scope := case when new.role = 'client' then 'client' when new.user_id is not null and new.role in ('operator', 'pm', 'member', 'viewer', 'user')
			and exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id)
			and not exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id and g.scope = 'strategy') then 'scopes' else '' end;
	select coalesce(u.date_format, o.date_format, ''), coalesce(u.currency, o.currency, 'EUR') into new.date_format, new.currency
		from (select) x left join public.organizations o on o.id = new.org_id left join public.users u on u.id = new.user_id;
	return new;
end
$$;
select fl_definer_function('principal_fill()');
create trigger fill before insert or update of role, scope, date_format on principals for each row execute function principal_fill();

-- The principals of whom a change concerns are written anew in the same transaction.
create function scope_follow() returns trigger language plpgsql as $$
begin
	update public.principals p set scope = p.scope where p.org_id = coalesce(new.org_id, old.org_id) and p.user_id = coalesce(new.user_id, old.user_id);
	return null;
end
$$;
select fl_definer_function('scope_follow()');
create trigger follow after insert or delete on scope_grants for each row execute function scope_follow();
update principals set scope = scope;

create function scope_slug(p_name text) returns text language sql immutable parallel safe as $$
	select btrim(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), '-')
$$;

-- Notes for this transaction to what the principal is narrowed.
create function fl_narrow(p_scope text, p_org uuid, p_user uuid) returns void language plpgsql as $$
declare
	v_pipelines uuid[] := '{}';
	v_clients uuid[] := '{}';
	v_teams uuid[] := '{}';
	v_people uuid[] := '{}';
	v_email text := '';
begin
	if p_scope = 'client' then
		v_people := array[p_user];
		select m.email into v_email from public.memberships m where m.org_id = p_org and m.user_id = p_user;
		v_clients := array(select c.id from public.memberships m join public.contacts c on c.org_id = m.org_id and lower(c.email) = m.email
			where m.org_id = p_org and m.user_id = p_user);
	else
		v_clients := array(select substr(g.scope, 8)::uuid from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and g.scope like 'client.%');
		v_teams := array(select substr(g.scope, 6)::uuid from public.scope_grants g where g.org_id = p_org and g.user_id = p_user and g.scope like 'team.%');
		v_pipelines := array(select p.id from public.pipelines p join public.scope_grants g on g.org_id = p.org_id and g.user_id = p_user
			and (g.scope = 'pipeline.' || p.id or g.scope ~ '^(category|subcategory|module)\.' and split_part(g.scope, '.', 2) = public.scope_slug(p.name))
			where p.org_id = p_org);
		v_people := array(select t.user_id from public.team_members t where t.org_id = p_org and t.team_id = any (v_teams)) || p_user;
	end if;
	perform set_config('app.scope_pipelines', v_pipelines::text, true), set_config('app.scope_clients', v_clients::text, true),
		set_config('app.scope_teams', v_teams::text, true), set_config('app.scope_people', v_people::text, true), set_config('app.scope_email', v_email, true),
		set_config('app.scope', p_scope, true);
end
$$;
select fl_definer_function('fl_narrow(text, uuid, uuid)', 'fl_definer');

create function fl_unscoped() returns boolean language sql stable parallel safe as $$
	select coalesce(current_setting('app.scope', true), '') = ''
$$;
-- Whether one of the ids is among those of the kind: pipelines, clients, teams, people.
create function fl_in_scope(p_kind text, p_id uuid) returns boolean language sql stable parallel safe as $$
	select coalesce(p_id = any (current_setting('app.scope_' || p_kind, true)::uuid[]), false)
$$;

-- The rules, asked only when somebody is narrowed. What was made in this very transaction is seen by who made it.
create function intake_seen(p_pipeline uuid, p_contact uuid, p_assignee uuid, p_email text, p_created timestamptz) returns boolean language plpgsql stable as $$
begin
	return public.fl_in_scope('clients', p_contact) or public.fl_in_scope('pipelines', p_pipeline) or public.fl_in_scope('people', p_assignee)
		or coalesce(p_email = current_setting('app.scope_email', true), false) or p_created = now();
end
$$;
create function intake_open(p_intake uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.intake_requests r where r.org_id = public.fl_org() and r.id = p_intake);
end
$$;
create function pipeline_seen(p_pipeline uuid) returns boolean language plpgsql stable as $$
begin
	return public.fl_in_scope('pipelines', p_pipeline) or current_setting('app.scope', true) = 'scopes' and current_setting('app.scope_pipelines', true) = '{}';
end
$$;
create function contact_seen(p_contact uuid, p_created timestamptz) returns boolean language plpgsql stable as $$
begin
	return public.fl_in_scope('clients', p_contact) or p_created = now()
		or exists (select from public.intake_requests r where r.org_id = public.fl_org() and r.contact_id = p_contact);
end
$$;
create function item_seen(p_pipeline uuid, p_intake uuid, p_owner uuid, p_created timestamptz) returns boolean language plpgsql stable as $$
begin
	return public.fl_in_scope('pipelines', p_pipeline) or public.fl_in_scope('people', p_owner) or p_created = now() or p_intake is not null and public.intake_open(p_intake);
end
$$;
create function task_seen(p_pipeline uuid, p_intake uuid, p_team uuid, p_assignee uuid, p_reviewer uuid, p_maker uuid, p_created timestamptz) returns boolean
	language plpgsql stable as $$
begin
	return public.fl_in_scope('people', p_assignee) or public.fl_in_scope('people', p_reviewer) or public.fl_in_scope('people', p_maker) or public.fl_in_scope('teams', p_team)
		or public.fl_in_scope('pipelines', p_pipeline) or p_created = now() or p_intake is not null and public.intake_open(p_intake);
end
$$;
create function task_open(p_task uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.tasks t where t.org_id = public.fl_org() and t.id = p_task);
end
$$;
create function document_seen(p_document uuid, p_by uuid, p_created timestamptz) returns boolean language plpgsql stable as $$
begin
	-- What a colleague put to a request is not for the client, what came from outside is.
	return public.fl_in_scope('people', p_by) or p_created = now() or (p_by is null or current_setting('app.scope', true) <> 'client')
		and exists (select from public.intake_files f where f.org_id = public.fl_org() and f.document_id = p_document and public.intake_open(f.intake_id));
end
$$;
create function document_open(p_document uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.documents d where d.org_id = public.fl_org() and d.id = p_document);
end
$$;
create function decision_open(p_decision uuid) returns boolean language plpgsql stable as $$
begin
	return exists (select from public.agent_decisions d where d.org_id = public.fl_org() and d.id = p_decision);
end
$$;

-- Puts a table under the rule, for whoever reads. The rule is no leak-proof operator: an index over words, vectors or texts like these does not serve under it,
-- so tables that are searched by such stand without and are joined to those that stand under it.
create function fl_scope_table(p_table text, p_rule text) returns void language plpgsql as $$
begin
	execute format('create policy scope on %I as restrictive for select to fl_app, fl_definer using (public.fl_unscoped() or %s)', p_table, p_rule);
end
$$;
select fl_scope_table('intake_requests', 'public.intake_seen(pipeline_id, contact_id, assignee_id, requester_email, created_at)'),
	fl_scope_table('pipelines', 'public.pipeline_seen(id)'), fl_scope_table('pipeline_stages', 'public.pipeline_seen(pipeline_id)'),
	fl_scope_table('pipeline_items', 'public.item_seen(pipeline_id, intake_id, owner_id, created_at)'),
	fl_scope_table('contacts', 'public.contact_seen(id, created_at)'),
	fl_scope_table('leads', 'public.contact_seen(contact_id, created_at) or public.intake_open(intake_id)'),
	fl_scope_table('tasks', 'public.task_seen(pipeline_id, intake_id, team_id, assignee_id, reviewer_id, created_by, created_at)'),
	fl_scope_table('documents', 'public.document_seen(id, uploaded_by, created_at)'),
	fl_scope_table('request_days', 'false'),
	fl_scope_table('calendar_events', 'intake_id is null or public.intake_open(intake_id)');
select fl_scope_table(t, 'public.intake_open(intake_id)') from unnest('{intake_messages,intake_unanswered,agent_decisions,sla_clocks}'::text[]) t;
select fl_scope_table(t, 'intake_id is null or public.intake_open(intake_id)') from unnest('{email_messages,sms_messages,labelled_cases,llm_calls,mail_raw,webhook_receipts}'::text[]) t;
select fl_scope_table(t, 'public.task_open(task_id)') from unnest('{task_checks,task_comments}'::text[]) t;
select fl_scope_table('document_pages', 'public.document_open(document_id)'), fl_scope_table('decision_actions', 'public.decision_open(decision_id)');

-- Who is narrowed and adds a request is in charge of it, else it would be gone from his sight.
create function intake_own() returns trigger language plpgsql as $$
begin
	if current_setting('app.scope', true) = 'scopes' and new.assignee_id is null then
		new.assignee_id := public.fl_user();
	end if;
	return new;
end
$$;
create trigger own before insert on intake_requests for each row when (new.assignee_id is null) execute function intake_own();

-- As in 041, and the narrowing.
create or replace function fl_enter(p_hash bytea, p_org uuid, p_permission text, p_read_only boolean, p_request text) returns principals language plpgsql as $$
declare
	r public.principals;
begin
	if p_org is null then
		select * into r from public.principals where token_hash = p_hash and active;
	else
		select * into r from public.principals where token_hash = p_hash and org_id = p_org;
		if not found and exists (select from public.principals where token_hash = p_hash) then
			perform public.fl_fail('FL403', 'error.not_member');
		end if;
	end if;
	-- The half hour of a visit is over: the administrator is himself again.
	if r.kind = 'support' and r.expires_at < now() then
		perform public.support_end(p_hash);
		select * into r from public.principals where token_hash = p_hash and active;
	end if;
	if r.token_hash is null or r.expires_at < now() then
		perform public.fl_fail('FL401', 'error.signed_out');
	end if;
	-- Suspended: its people are told, and may leave or go to another organisation; administrators of the platform still administer.
	if r.closed is not null and p_permission is distinct from 'app.use'
			and not (r.admin and exists (select from public.role_permissions where role = 'platform_admin' and permission = p_permission)) then
		perform public.fl_fail('FL403', r.closed);
	end if;
	if p_permission is not null and position(' ' || p_permission || ' ' in r.rights) = 0 then
		perform public.fl_fail('FL403', 'error.not_allowed', p_permission);
	end if;
	if r.last_seen_at < now() - interval '5 minutes' then
		update public.principals set last_seen_at = now(), expires_at = case when kind = 'session' then now() + interval '30 days' else expires_at end
			where token_hash = p_hash and org_id = r.org_id;
		if r.session_id is not null then
			update public.sessions set last_seen_at = now(), expires_at = now() + interval '30 days' where id = r.session_id;
		end if;
	end if;
	perform set_config('app.current_org_id', case when r.org_id = '00000000-0000-0000-0000-000000000000' then '' else r.org_id::text end, true),
		set_config('app.user_id', coalesce(r.user_id::text, ''), true),
		set_config('app.actor', case when r.user_id is null then 'system' else 'user' end, true),
		set_config('app.role', r.role, true),
		set_config('app.rights', r.rights, true),
		set_config('app.subject_id', coalesce(r.subject_id::text, ''), true),
		set_config('app.request_id', p_request, true);
	if r.kind = 'support' then
		perform set_config('app.support', r.subject_id::text, true), set_config('app.support_until', r.expires_at::text, true);
	end if;
	if r.scope <> '' then
		perform public.fl_narrow(r.scope, r.org_id, r.user_id);
	end if;
	if p_read_only then
		perform set_config('transaction_read_only', 'on', true);
	end if;
	return r;
end
$$;
select fl_definer_function('fl_enter(bytea, uuid, text, boolean, text)');

-- Requests by status as the frame, the dashboard and the queue count them: kept counters, or for who is narrowed those he sees.
create function intake_tally(out open bigint, out approval bigint, out review bigint, out quarantined bigint, out closed bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
begin
	if public.fl_unscoped() then
		select greatest(0, coalesce(sum(n) filter (where name = 'intake.open'), 0)), greatest(0, coalesce(sum(n) filter (where name = 'intake.approval'), 0)),
				greatest(0, coalesce(sum(n) filter (where name = 'intake.review'), 0)), greatest(0, coalesce(sum(n) filter (where name = 'intake.quarantined'), 0)),
				greatest(0, coalesce(sum(n) filter (where name = 'intake.closed'), 0)) into open, approval, review, quarantined, closed from (
			select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name like 'intake.%'
			union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name like 'intake.%') x;
	else
		select count(*) filter (where r.status not in ('CLOSED', 'REJECTED', 'QUARANTINED')), count(*) filter (where r.status = 'NEEDS_APPROVAL'),
				count(*) filter (where r.status = 'NEEDS_REVIEW'), count(*) filter (where r.status = 'QUARANTINED'),
				count(*) filter (where r.status in ('CLOSED', 'REJECTED')) into open, approval, review, quarantined, closed
			from public.intake_requests r where r.org_id = v_org;
	end if;
end
$$;
select fl_definer_function('intake_tally()');

-- As in 025, narrowed.
create or replace function frame_counts(out unread bigint, out intake bigint, out approvals bigint, out jobs bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_user uuid := public.fl_user();
begin
	if not public.fl_unscoped() then
		select t.open, t.approval into intake, approvals from public.intake_tally() t;
		select count(*) into unread from (select from public.notifications n where n.org_id = v_org and n.user_id = v_user and n.read_at is null limit 100) x;
		jobs := 0;
		return;
	end if;
	select count(*) into unread from (select from public.notifications n where n.org_id = v_org and n.user_id = v_user and n.read_at is null limit 100) x;
	select count(*) into jobs from (select from public.job_history h where h.org_id = v_org and h.state = 'dead' and h.archived_at is null limit 100) x;
	select coalesce(sum(n) filter (where name = 'intake.open'), 0)::bigint, coalesce(sum(n) filter (where name = 'intake.approval'), 0)::bigint
		into intake, approvals from (
			select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name in ('intake.approval', 'intake.open')
			union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name in ('intake.approval', 'intake.open')) x;
end
$$;
select fl_definer_function('frame_counts()');
create or replace function desk_now(out due_soon bigint, out late bigint, out first_due timestamptz, out approvals bigint, out replies bigint, out own_replies bigint,
	out gave_up bigint, out open bigint, out review bigint) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
begin
	if not public.fl_unscoped() then
		select t.approval, t.review, t.open into approvals, review, open from public.intake_tally() t;
	end if;
	select count(*), count(*) filter (where x.due_at < now()), min(x.due_at) into due_soon, late, first_due from (select r.due_at from public.intake_requests r
		where r.org_id = v_org and r.due_at < now() + interval '1 hour' and r.answered_at is null
		and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW') order by r.due_at, r.id limit 100) x;
	select count(*), count(*) filter (where r.assignee_id = public.fl_user()) into replies, own_replies from (select u.intake_id
		from public.intake_unanswered u where u.org_id = v_org limit 100) w join public.intake_requests r on r.org_id = v_org and r.id = w.intake_id;
	select count(*) into gave_up from (select from public.job_history h where h.org_id = v_org and h.state = 'dead' and h.archived_at is null limit 100) x;
	if not public.fl_unscoped() then
		return;
	end if;
	select coalesce(sum(n) filter (where name = 'intake.approval'), 0)::bigint, coalesce(sum(n) filter (where name = 'intake.review'), 0)::bigint,
			coalesce(sum(n) filter (where name = 'intake.open'), 0)::bigint into approvals, review, open from (
		select c.name, c.value as n from public.counters c where c.org_id = v_org and c.name in ('intake.approval', 'intake.open', 'intake.review')
		union all select e.name, e.delta from public.counter_deltas e where e.org_id = v_org and e.name in ('intake.approval', 'intake.open', 'intake.review')) x;
end
$$;
select fl_definer_function('desk_now()');

-- As in 035, and pipelines, clients and teams by their ids.
create or replace function member_scopes(p_user uuid, p_scopes text) returns table (id uuid) language plpgsql as $$
declare
	v_scopes text[] := array(select distinct lower(s) from unnest(regexp_split_to_array(coalesce(p_scopes, ''), '[\s,]+')) s where s <> '');
begin
	if not exists (select from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user) then
		return;
	end if;
	if cardinality(v_scopes) > 50 or exists (select from unnest(v_scopes) s where s !~ '^(strategy|(category|subcategory|module)\.[a-z0-9][a-z0-9_-]{0,60}|(pipeline|client|team)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$') then
		perform public.fl_fail('FL422', 'wrong.scope', 'scopes');
	end if;
	delete from public.scope_grants g where g.org_id = public.fl_org() and g.user_id = p_user and g.scope <> all (v_scopes);
	insert into public.scope_grants (org_id, user_id, scope) select public.fl_org(), p_user, s from unnest(v_scopes) s on conflict do nothing;
	perform public.fl_audit('member.scopes', 'user', p_user, jsonb_build_object('scopes', to_jsonb(v_scopes)));
	return query select p_user;
end
$$;
select fl_definer_function('member_scopes(uuid, text)');

-- As in 026; the limit counts what is seen.
create or replace function search_intake(p_ask text, p_after uuid, p_limit bigint) returns table (id uuid, number bigint, subject text, excerpt text, requester text,
	status text, created_at timestamptz) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
	v_mark uuid;
begin
	if v_org is null or v_ask is null then
		return;
	end if;
	select m.intake_id into v_mark from public.search_marks m where m.org_id = v_org;
	return query
		with found as (
			(select e.id from public.search_entries e where e.org_id = v_org and e.kind = 'intake' and e.words @@ v_ask and (p_after is null or e.id < p_after)
				and (public.fl_unscoped() or public.intake_open(e.id))
				order by e.id desc limit p_limit)
			union
			(select f.id from (select r.* from public.intake_requests r where r.org_id = v_org
				and r.id > coalesce(v_mark, '00000000-0000-0000-0000-000000000000') and (p_after is null or r.id < p_after) order by r.id desc limit 100) f
				where public.search_intake_words(f::public.intake_requests) @@ v_ask limit p_limit)
		)
		select r.id, r.number, r.subject, ts_headline('simple', left(regexp_replace(r.body, '\s+', ' ', 'g'), 2000), v_ask,
				'StartSel="", StopSel="", MaxWords=28, MinWords=14, MaxFragments=1'), coalesce(r.requester_name, r.requester_email), r.status, r.created_at
			from found f join public.intake_requests r on r.org_id = v_org and r.id = f.id order by r.id desc limit p_limit;
end
$$;
select fl_definer_function('search_intake(text, uuid, bigint)');

-- Scopes as one text, from what a form has: names, chosen pipelines and teams, and contacts by their addresses.
create function scope_text(p_scopes text, p_pipelines jsonb, p_teams jsonb, p_clients text) returns text language plpgsql stable as $$
declare
	v_text text := coalesce(p_scopes, '');
	v_one text;
	v_id uuid;
begin
	select v_text || coalesce(string_agg(' pipeline.' || x, ''), '') into v_text from jsonb_array_elements_text(coalesce(p_pipelines, '[]')) x;
	select v_text || coalesce(string_agg(' team.' || x, ''), '') into v_text from jsonb_array_elements_text(coalesce(p_teams, '[]')) x;
	for v_one in select distinct lower(x) from unnest(regexp_split_to_array(coalesce(p_clients, ''), '[\s,;]+')) x where x <> '' loop
		select c.id into v_id from contacts c where c.org_id = fl_org() and c.email = v_one;
		if v_id is null then
			perform fl_fail('FL422', 'wrong.contact', 'clients');
		end if;
		v_text := v_text || ' client.' || v_id;
		v_id := null;
	end loop;
	return v_text;
end
$$;
-- The scopes of a member in words: all of them, the addresses of clients, or (named) those that are names themselves.
create function scope_words(p_user uuid, p_kind text) returns text language sql stable as $$
	select string_agg(coalesce(case when p_kind = 'client' then c.email else coalesce(p.name, nullif(c.name, ''), c.email, t.name) end, g.scope), case p_kind when 'all' then ', ' else E'\n' end order by g.scope)
	from scope_grants g
		left join pipelines p on p.org_id = g.org_id and g.scope = 'pipeline.' || p.id
		left join contacts c on c.org_id = g.org_id and g.scope = 'client.' || c.id
		left join teams t on t.org_id = g.org_id and g.scope = 'team.' || t.id
	where g.org_id = fl_org() and g.user_id = p_user and case p_kind when 'all' then true when 'client' then g.scope like 'client.%'
		else g.scope !~ '^(pipeline|client|team)\.' end
$$;
