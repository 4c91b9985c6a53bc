-- What is done to a procedure, one function each.

create function sop_hold(p_id uuid, p_version bigint) returns sops language plpgsql as $$
declare
	s public.sops;
begin
	select * into s from public.sops x where x.org_id = public.fl_org() and x.id = p_id and public.sop_reach(x.places) for no key update;
	if s.id is not null and p_version is not null and s.version <> p_version then
		perform public.fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	return s;
end
$$;

-- A list of a form as an array; what is not among the choices is told at its field.
create function sop_roles(p_roles jsonb) returns text[] language plpgsql stable as $$
declare
	v_roles text[] := array(select distinct r from jsonb_array_elements_text(coalesce(p_roles, '[]')) r where r <> '' order by r);
begin
	if not v_roles <@ '{owner,admin,operator,pm,member,viewer,user}' then
		perform public.fl_fail('FL422', 'wrong.choice', 'roles');
	end if;
	return v_roles;
end
$$;
create function sop_places(p_places jsonb) returns text[] language plpgsql stable as $$
declare
	v_places text[] := array(select distinct p from jsonb_array_elements_text(coalesce(p_places, '[]')) p where p <> '' order by p);
begin
	if exists (select from unnest(v_places) p where not exists (select from public.teams t where t.org_id = public.fl_org() and p = 'team.' || t.id)
			and not exists (select from public.pipelines x where x.org_id = public.fl_org() and p in ('category.' || public.scope_slug(x.category), 'subcategory.' || public.scope_slug(x.subcategory)))) then
		perform public.fl_fail('FL422', 'wrong.choice', 'places');
	end if;
	return v_places;
end
$$;
-- The roles and places there are to choose from; who writes for his own areas and teams sees these.
create function member_roles() returns table (role text) language sql immutable as $$
	select r from unnest('{owner,admin,operator,pm,member,viewer,user}'::text[]) r
$$;
create function sop_choices() returns table (kind text, scope text, name text, part boolean) language plpgsql stable as $$
begin
	return query select x.kind, x.scope, x.name, x.part from (
			select 'area' as kind, a.scope, a.name, a.kind = 'subcategory' as part, lower(a.area) as above from scope_areas() a
			union all select 'team', 'team.' || t.id, t.name, false, '' from teams t where t.org_id = fl_org()) x
		where sop_reach(array[x.scope]) order by x.kind, x.above, x.part, lower(x.name), x.scope;
end
$$;
-- Those places in words.
create function place_words(p_places text[]) returns text language plpgsql stable as $$
begin
	return (select string_agg(coalesce(t.name, a.name, split_part(p, '.', 2)), ', ' order by coalesce(t.name, a.name)) from unnest(p_places) p
		left join teams t on t.org_id = fl_org() and p = 'team.' || t.id left join scope_areas() a on a.scope = p);
end
$$;

create function sop_paper(p_document uuid) returns uuid language plpgsql stable as $$
begin
	if p_document is not null and not (public.fl_can('document.read') and exists (select from public.documents d where d.org_id = public.fl_org() and d.id = p_document)) then
		perform public.fl_fail('FL422', 'wrong.choice', 'document_id');
	end if;
	return p_document;
end
$$;

-- Writes down a text: a new draft, or the next words of a procedure, which nobody else reads before they are published.
create function sop_save(p_id uuid, p_version bigint, p_title text, p_body text, p_document uuid) returns table (id uuid) language plpgsql as $$
declare
	s public.sops := public.sop_hold(p_id, p_version);
begin
	if s.id is null then
		return;
	elsif s.state = 'archived' then
		perform public.fl_fail('FL409', 'wrong.sop_archived', 'version');
	end if;
	update public.sops x set title = p_title, body = coalesce(p_body, ''), document_id = case when p_document is distinct from s.document_id then public.sop_paper(p_document) else s.document_id end,
		version = x.version + 1, updated_at = now() where x.org_id = public.fl_org() and x.id = s.id;
	perform public.fl_audit('sop.write', 'sop', s.id, jsonb_strip_nulls(jsonb_build_object('title', case when s.title <> p_title then p_title end)));
	return query select s.id;
end
$$;

-- Tells people of what is asked of them since: one word each, however many procedures it is.
create function sop_ask(p_sops uuid[], p_users uuid[]) returns void language plpgsql as $$
begin
	perform public.fl_notify(w.who, 'sop_asked', case when w.k > 1 then 'sops' else 'sop' end, w.one, jsonb_build_object('subject', left(w.titles, 300)))
		from (select q.who, count(*) as k, min(v.sop_id::text)::uuid as one, string_agg(v.title, ', ' order by v.title) as titles
			from unnest(p_sops, p_users) q(sop, who) join public.sops s on s.org_id = public.fl_org() and s.id = q.sop and s.must
				join public.sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
				join public.sop_readers r on r.org_id = s.org_id and r.sop_id = s.id and r.user_id = q.who and r.acked < s.asks
			where q.who is distinct from public.fl_user() group by q.who) w;
end
$$;
select fl_definer_function('sop_ask(uuid[], uuid[])', 'fl_definer');

create function sop_settle_all(p_sop uuid, p_user uuid) returns void language plpgsql as $$
declare
	v_sops uuid[];
	v_users uuid[];
begin
	select array_agg(n.sop_id), array_agg(n.user_id) into v_sops, v_users from public.sop_settle(p_sop, p_user) n;
	perform public.sop_ask(v_sops, v_users);
end
$$;
select fl_definer_function('sop_settle_all(uuid, uuid)', 'fl_definer');

-- Whom it is for, whether and by when they acknowledge it, who looks after it. Counts at once.
create function sop_rules(p_id uuid, p_version bigint, p_must boolean, p_days bigint, p_roles jsonb, p_places jsonb, p_owner uuid, p_review date) returns table (id uuid) language plpgsql as $$
declare
	s public.sops := public.sop_hold(p_id, p_version);
	v_roles text[];
	v_places text[];
begin
	if s.id is null then
		return;
	end if;
	v_roles := public.sop_roles(p_roles);
	v_places := public.sop_places(p_places);
	if not public.sop_reach(v_places) then
		perform public.fl_fail('FL422', 'wrong.sop_places', 'places');
	elsif p_owner is distinct from s.owner_id then
		perform public.task_person(p_owner, 'owner_id');
	end if;
	update public.sops x set must = p_must, due_days = p_days, roles = v_roles, places = v_places, owner_id = p_owner, review_on = p_review, version = x.version + 1, updated_at = now()
		where x.org_id = public.fl_org() and x.id = s.id;
	perform public.fl_audit('sop.rules', 'sop', s.id, jsonb_build_object('must', p_must, 'due_days', p_days, 'roles', v_roles, 'places', v_places));
	perform public.sop_settle_all(s.id, null);
	return query select s.id;
end
$$;

create function sop_add(p_title text, p_body text, p_document uuid, p_must boolean, p_days bigint, p_roles jsonb, p_places jsonb, p_owner uuid, p_review date)
	returns table (id uuid) language plpgsql as $$
declare
	v_places text[] := public.sop_places(p_places);
	v_id uuid;
begin
	if not public.sop_reach(v_places) then
		perform public.fl_fail('FL422', 'wrong.sop_places', 'places');
	end if;
	insert into public.sops as x (org_id, title, body, document_id, must, due_days, roles, places, owner_id, review_on)
		values (public.fl_org(), p_title, coalesce(p_body, ''), public.sop_paper(p_document), p_must, p_days, public.sop_roles(p_roles), v_places,
			coalesce(public.task_person(p_owner, 'owner_id'), (select m.user_id from public.memberships m where m.org_id = public.fl_org() and m.user_id = public.fl_user())), p_review)
		returning x.id into v_id;
	perform public.fl_audit('sop.add', 'sop', v_id, jsonb_build_object('title', p_title));
	return query select v_id;
end
$$;

-- What is written becomes the version that counts. Who publishes twice, or publishes what another has changed since, is told.
create function sop_publish(p_id uuid, p_version bigint, p_small boolean, p_note text) returns table (id uuid, n bigint) language plpgsql as $$
declare
	s public.sops := public.sop_hold(p_id, p_version);
	v public.sop_versions;
	v_users uuid[];
begin
	if s.id is null then
		return;
	elsif s.state = 'archived' then
		perform public.fl_fail('FL409', 'wrong.sop_archived', 'version');
	elsif s.body = '' and s.document_id is null then
		perform public.fl_fail('FL422', 'wrong.sop_empty', 'body');
	end if;
	select * into v from public.sop_versions x where x.org_id = s.org_id and x.sop_id = s.id and x.n = s.n;
	if v.n is not null and (v.title, v.body, v.document_id) is not distinct from (s.title, s.body, s.document_id) then
		perform public.fl_fail('FL409', 'wrong.sop_same', 'version');
	end if;
	p_small := p_small and s.n > 0;
	insert into public.sop_versions (org_id, sop_id, n, title, body, document_id, note, small, published_by)
		values (s.org_id, s.id, s.n + 1, s.title, s.body, s.document_id, coalesce(p_note, ''), p_small, public.fl_user());
	update public.sops x set state = 'published', n = s.n + 1, asks = case when p_small then x.asks else s.n + 1 end, asked_at = case when p_small then x.asked_at else now() end,
		version = x.version + 1, updated_at = now() where x.org_id = s.org_id and x.id = s.id;
	perform public.fl_audit('sop.publish', 'sop', s.id, jsonb_build_object('n', s.n + 1, 'small', p_small));
	perform public.fl_emit('sop.published', jsonb_build_object('sop_id', s.id, 'n', s.n + 1));
	perform public.sop_settle(s.id, null);
	if not p_small then
		perform public.onboarding_again(s.id);
		v_users := array(select r.user_id from public.sop_readers r where r.org_id = s.org_id and r.sop_id = s.id);
		perform public.sop_ask(array_fill(s.id, array[cardinality(v_users)]), v_users);
	end if;
	return query select s.id, s.n + 1::bigint;
end
$$;

-- Puts it away, or takes it out again as it was: whom it is for then has its days anew.
create function sop_archive(p_id uuid, p_version bigint) returns table (id uuid) language plpgsql as $$
declare
	s public.sops := public.sop_hold(p_id, p_version);
begin
	if s.id is not null then
		if s.state = 'archived' then
			perform public.fl_fail('FL409', 'error.transition', 'version');
		end if;
		update public.sops x set state = 'archived', version = x.version + 1, updated_at = now() where x.org_id = s.org_id and x.id = s.id;
		perform public.fl_audit('sop.archive', 'sop', s.id);
		perform public.fl_emit('sop.archived', jsonb_build_object('sop_id', s.id));
		perform public.sop_settle(s.id, null);
		perform public.onboarding_read(s.id, null);
		return query select s.id;
	end if;
end
$$;
create function sop_restore(p_id uuid, p_version bigint) returns table (id uuid) language plpgsql as $$
declare
	s public.sops := public.sop_hold(p_id, p_version);
begin
	if s.id is not null then
		if s.state <> 'archived' then
			perform public.fl_fail('FL409', 'error.transition', 'version');
		end if;
		update public.sops x set state = case when x.n > 0 then 'published' else 'draft' end, version = x.version + 1, updated_at = now() where x.org_id = s.org_id and x.id = s.id;
		perform public.fl_audit('sop.restore', 'sop', s.id);
		perform public.sop_settle_all(s.id, null);
		return query select s.id;
	end if;
end
$$;

-- "I have read it and work by it": of the version that was read, once, by the person. Answers whether that is what is asked now.
create function sop_acknowledge(p_id uuid, p_n bigint) returns table (id uuid, n bigint, current boolean, acknowledged_at timestamptz) language plpgsql as $$
declare
	s public.sops;
	v_at timestamptz;
begin
	select * into s from public.sops x where x.org_id = public.fl_org() and x.id = p_id and public.sop_seen(x.id) for share;
	if s.id is null then
		return;
	elsif public.fl_user() is null or coalesce(current_setting('app.support', true), '') <> '' then
		perform public.fl_fail('FL403', 'error.sop_own_name');
	elsif s.state <> 'published' then
		perform public.fl_fail('FL409', 'wrong.sop_not_published', 'n');
	elsif not exists (select from public.sop_versions v where v.org_id = s.org_id and v.sop_id = s.id and v.n = p_n) then
		perform public.fl_fail('FL422', 'wrong.choice', 'n');
	end if;
	perform from public.sop_readers r where r.org_id = s.org_id and r.sop_id = s.id and r.user_id = public.fl_user() for update;
	if not found then
		perform public.fl_fail('FL409', 'wrong.sop_not_yours', 'n');
	end if;
	insert into public.sop_acknowledgements (org_id, sop_id, n, user_id, name)
		select m.org_id, s.id, p_n, m.user_id, m.name from public.memberships m where m.org_id = s.org_id and m.user_id = public.fl_user()
		on conflict on constraint sop_acknowledgements_pkey do nothing returning created_at into v_at;
	if v_at is not null then
		update public.sop_readers r set acked = p_n, acked_at = v_at where r.org_id = s.org_id and r.sop_id = s.id and r.user_id = public.fl_user() and r.acked < p_n;
		perform public.fl_audit('sop.acknowledge', 'sop', s.id, jsonb_build_object('n', p_n));
		perform public.fl_emit('sop.acknowledged', jsonb_build_object('sop_id', s.id, 'n', p_n, 'user_id', public.fl_user()));
		if p_n >= s.asks then
			perform public.onboarding_read(s.id, public.fl_user());
		end if;
	end if;
	return query select a.sop_id, p_n, p_n >= s.asks, a.created_at from public.sop_acknowledgements a
		where a.org_id = s.org_id and a.sop_id = s.id and a.n = p_n and a.user_id = public.fl_user();
end
$$;

select fl_definer_function('sop_save(uuid, bigint, text, text, uuid)'), fl_definer_function('sop_rules(uuid, bigint, boolean, bigint, jsonb, jsonb, uuid, date)'),
	fl_definer_function('sop_add(text, text, uuid, boolean, bigint, jsonb, jsonb, uuid, date)'), fl_definer_function('sop_publish(uuid, bigint, boolean, text)'),
	fl_definer_function('sop_archive(uuid, bigint)'), fl_definer_function('sop_restore(uuid, bigint)'), fl_definer_function('sop_acknowledge(uuid, bigint)'),
	fl_definer_function('sop_hold(uuid, bigint)', 'fl_definer');

-- A text in blocks, as it is shown: headings (# ...), lists of steps (1. ...) and of points (- ...), and paragraphs; every line with the block it stands in.
create function text_lines(p_text text) returns table (block bigint, kind text, text text) language sql immutable as $$
	select sum((x.kind <> x.before or x.kind in ('gap', 'heading'))::int) over (order by x.n), x.kind, x.text from (
		select l.n, k.kind, case k.kind when 'text' then l.line else regexp_replace(l.line, '^\s*(#{1,3}|[0-9]{1,3}[.)]|[-*])\s+', '') end as text,
			lag(k.kind, 1, '') over (order by l.n) as before
		from regexp_split_to_table(p_text, E'\r?\n') with ordinality l(line, n),
			lateral (select case when l.line ~ '^\s*$' then 'gap' when l.line ~ '^\s*#{1,3}\s+\S' then 'heading' when l.line ~ '^\s*[0-9]{1,3}[.)]\s+\S' then 'steps'
				when l.line ~ '^\s*[-*]\s+\S' then 'points' else 'text' end as kind) k) x
$$;

-- Those who are late are told, once a version; who looks after a procedure hears when it is to be looked at again. As in the cards: once however many machines call.
create function sop_sweep() returns bigint language plpgsql as $$
declare
	v record;
	v_done bigint := 0;
begin
	for v in select s.org_id, s.id, s.asks, r.user_id, w.title from public.sops s join public.sop_readers r on r.org_id = s.org_id and r.sop_id = s.id
				join public.sop_versions w on w.org_id = s.org_id and w.sop_id = s.id and w.n = s.n
			where s.state = 'published' and s.must and r.acked < s.asks and r.told < s.asks and public.sop_due(s, r) < now() order by s.org_id, s.id, r.user_id loop
		update public.sop_readers r set told = v.asks where r.org_id = v.org_id and r.sop_id = v.id and r.user_id = v.user_id and r.told < v.asks and r.acked < v.asks;
		continue when not found;
		perform public.fl_work(v.org_id, null, null, '');
		perform public.fl_notify(v.user_id, 'sop_overdue', 'sop', v.id, jsonb_build_object('subject', v.title));
		v_done := v_done + 1;
	end loop;
	for v in select s.org_id, s.id, s.title, s.owner_id, s.review_on from public.sops s join public.organizations o on o.id = s.org_id
			where s.state = 'published' and s.owner_id is not null and s.review_on <= (now() at time zone o.zone)::date and s.review_told is distinct from s.review_on order by s.org_id, s.id loop
		update public.sops s set review_told = v.review_on where s.org_id = v.org_id and s.id = v.id and s.review_told is distinct from v.review_on;
		continue when not found;
		perform public.fl_work(v.org_id, null, null, '');
		perform public.fl_notify(v.owner_id, 'sop_review', 'sop', v.id, jsonb_build_object('subject', v.title));
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sop_sweep()', 'fl_sweep');

-- Whoever is narrowed reads the document a procedure of his is. As in 117 else.
create or replace function document_seen(p_document uuid, p_by uuid, p_created timestamptz) returns boolean language plpgsql stable as $$
begin
	-- What a colleague put to a request is not for the client, what came from outside is.
	return public.fl_in_scope('people', p_by) or p_created = now() or (p_by is null or current_setting('app.scope', true) <> 'client')
		and exists (select from public.intake_files f where f.org_id = public.fl_org() and f.document_id = p_document and public.intake_open(f.intake_id))
		or exists (select from public.sop_readers r join public.sops s on s.org_id = r.org_id and s.id = r.sop_id join public.sop_versions v on v.org_id = s.org_id and v.sop_id = s.id and v.n = s.n
			where r.org_id = public.fl_org() and r.user_id = public.fl_user() and v.document_id = p_document);
end
$$;
