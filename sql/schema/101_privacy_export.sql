-- Export: every row as a line of JSON, in parts; then one archive of them with the files and a manifest (CMP-02).

create function privacy_plan_export(o privacy_orders) returns void language plpgsql as $$
begin
	insert into public.privacy_steps (order_id, n, act, org_id, name)
		select o.id, row_number() over (order by x.org_id nulls first, x.name), x.act, x.org_id, x.name from (
			select case o.subject when 'organization' then 'all' else 'own' end as act, r.org_id, t.name
				from public.privacy_reach r, public.privacy_tables() t
				where r.order_id = o.id and t.name not in ('principals', 'program_errors')
					and (o.subject = 'organization' or t.name not in ('organizations', 'audit_seals', 'search_entries', 'learner_models'))
			union all
			select 'account', null, a.name from public.privacy_account_tables() a where o.subject = 'person') x;
end
$$;
select fl_definer_function('privacy_plan_export(privacy_orders)', 'fl_definer');

-- Whether a row t is the subject's own: it points at him or at what is his ($3), or holds his address ($4). Work that was given to a person (a request
-- assigned, a decision approved) tells of others and is not his.
create function privacy_own(p_table text) returns text language sql stable as $$
	select coalesce(string_agg(c, ' or '), 'false') from (
		select format('coalesce(t.%I = any ($3), false)', n) as c from unnest(public.privacy_columns(p_table, 'uuid')) n
			where n <> 'org_id' and n not in ('assignee_id', 'reviewer_id', 'decided_by', 'undone_by', 'escalate_user_id', 'last_user_id')
				and (p_table, n) <> ('pipeline_items', 'owner_id')
		union all select format('coalesce(t.%I && $3, false)', n) from unnest(public.privacy_columns(p_table, 'uuid[]')) n
		union all select format('coalesce(lower(t.%I) = any ($4), false)', n) from unnest(public.privacy_columns(p_table, 'text')) n
			where n in ('email', 'to_email', 'requester_email', 'requester_phone', 'peer')) x
$$;

-- The next part of an export: a row for each step it touches, with lines of JSON. At most 2,000 rows of a table are looked at, and about 2 MB come out
-- of one call (with the last row, however large that is). was: the key it began after.
create function privacy_export_part(p_order uuid) returns table (n bigint, name text, org text, was text, at text, seen bigint, rows bigint, over boolean, lines text)
	language plpgsql as $$
declare
	o public.privacy_orders;
	s record;
	r record;
	v_ids uuid[];
	v_words text[];
	v_lines text[];
	v_bytes bigint := 0;
	v_seen bigint := 0;
	v_until timestamptz := clock_timestamp() + interval '4 seconds';
begin
	perform public.privacy_begin(p_order);
	select * into o from public.privacy_orders x where x.id = p_order and x.state = 'working';
	if o.id is null then
		return;
	end if;
	v_words := array(select lower(x.w) from (select c.email from public.contacts c where c.id = o.subject_id and c.org_id = o.org_id
		union select c.phone from public.contacts c where c.id = o.subject_id and c.org_id = o.org_id
		union select u.email from public.users u where u.id = o.subject_id) x(w) where x.w <> '');
	for s in select p.*, coalesce(t.keys, a.keys) as keys, coalesce(t.types, a.types) as types,
				case when p.act = 'account' then a.person when p.name = 'organizations' then 'id' else 'org_id' end as owner,
				case when a.person = 'to_email' then v_words[1] when p.act = 'account' then o.subject_id::text else p.org_id::text end as owned
			from public.privacy_steps p left join public.privacy_tables() t on t.name = p.name and p.act <> 'account'
				left join public.privacy_account_tables() a on a.name = p.name and p.act = 'account'
			where p.order_id = o.id and p.ended_at is null order by p.n loop
		select e.ids || o.subject_id into v_ids from public.privacy_reach e where e.order_id = o.id and e.org_id = s.org_id;
		select s.n, s.name, s.at::text, s.at::text, 0, 0, '{}', (select g.slug from public.organizations g where g.id = s.org_id)
			into n, name, was, at, seen, rows, v_lines, org;
		over := true;
		for r in execute format($q$select %1$s::text as at, %2$s as hit, case when %2$s then
					(case when jsonb_typeof(y.j -> 'data') = 'object' then y.j #- '{data,path}' else y.j end)::text end as line
				from %3$s, lateral (select to_jsonb(t) - 'privacy_place'::text - %4$L::text[] as j) y$q$, public.privacy_key(s.keys),
				case s.act when 'own' then '(' || public.privacy_own(s.name) || ')' else '($3::uuid[] is null or $4::text[] is null or true)' end,
				public.privacy_part(s.name, s.owner, case s.owner when 'to_email' then 'text' else 'uuid' end, s.keys, s.types, 2000), public.privacy_omitted(s.name))
				using s.owned, s.at, v_ids, v_words loop
			at := r.at;
			seen := seen + 1;
			if r.hit then
				v_lines := v_lines || r.line;
				rows := rows + 1;
				v_bytes := v_bytes + length(r.line);
			end if;
			if v_bytes > 2000000 then
				over := false;
				exit;
			end if;
		end loop;
		over := over and seen < 2000;
		lines := array_to_string(v_lines, E'\n') || case when rows > 0 then E'\n' else '' end;
		v_seen := v_seen + seen;
		return next;
		exit when not over or v_seen >= 5000 or clock_timestamp() > v_until;
	end loop;
end
$$;
select fl_definer_function('privacy_export_part(uuid)');

-- Notes the parts that were written: [{n, was, at, seen, rows, over, part}]. A part that another run wrote meanwhile counts once. Then comes the next, or
-- the packing.
create function privacy_exported(p_order uuid, p_parts jsonb) returns void language plpgsql as $$
declare
	p record;
begin
	perform from public.privacy_orders o where o.id = p_order and o.state = 'working' for update;
	if not found then
		return;
	end if;
	for p in select * from jsonb_to_recordset(p_parts) as x(n int, was jsonb, at jsonb, seen bigint, rows bigint, over boolean, part text) loop
		update public.privacy_steps s set at = p.at, seen = s.seen + p.seen, rows = s.rows + p.rows, parts = case when p.part <> '' then s.parts || p.part else s.parts end,
				ended_at = case when p.over then now() end
			where s.order_id = p_order and s.n = p.n and s.ended_at is null and s.at is not distinct from p.was;
		if not found then
			return;
		end if;
	end loop;
	if exists (select from public.privacy_steps s where s.order_id = p_order and s.ended_at is null) then
		perform public.privacy_enqueue('privacy.export', p_order);
	else
		update public.privacy_orders o set state = 'packing', updated_at = now() where o.id = p_order;
		perform public.privacy_enqueue('privacy.pack', p_order);
	end if;
end
$$;
select fl_definer_function('privacy_exported(uuid, jsonb)');

-- What goes into the archive. A row with a name is a table: its parts, one a line. A row without is a file of an organisation (hash empty: all that lie in
-- its folder).
create function privacy_pack(p_order uuid) returns table (subject text, subject_id uuid, made_at timestamptz, name text, rows bigint, parts text, left_out text,
	org_id uuid, hash text) language plpgsql stable as $$
declare
	o public.privacy_orders;
begin
	select * into o from public.privacy_orders x where x.id = p_order and x.state = 'packing';
	return query select o.subject, o.subject_id, o.created_at, coalesce(g.slug || '/', 'account/') || s.name, s.rows, array_to_string(s.parts, E'\n'),
			array_to_string(public.privacy_omitted(s.name), ' '), s.org_id, null::text
		from public.privacy_steps s left join public.organizations g on g.id = s.org_id where s.order_id = o.id and (s.rows > 0 or o.subject = 'organization') order by s.n;
	return query select o.subject, o.subject_id, o.created_at, null::text, 0::bigint, ''::text, ''::text, r.org_id, f.hash
		from public.privacy_reach r, lateral (select '' as hash where o.subject = 'organization'
			union select d.hash from public.documents d where o.subject = 'person' and d.org_id = r.org_id and d.uploaded_by = o.subject_id
			union select i.image from public.documents d join public.document_pages i on i.org_id = d.org_id and i.document_id = d.id
				where o.subject = 'person' and d.org_id = r.org_id and d.uploaded_by = o.subject_id and i.image is not null) f
		where r.order_id = o.id;
end
$$;
select fl_definer_function('privacy_pack(uuid)');

create function privacy_packed(p_order uuid, p_size bigint, p_hash text) returns void language plpgsql as $$
declare
	o public.privacy_orders;
begin
	update public.privacy_orders x set state = 'ready', size_bytes = p_size, hash = p_hash, ended_at = now(), updated_at = now(), expires_at = now() + interval '7 days'
		where x.id = p_order and x.state = 'packing' returning * into o;
	if o.id is null then
		return;
	end if;
	insert into public.privacy_files (path) values ('exports/' || o.id || '/') on conflict do nothing;
	perform public.privacy_enqueue('privacy.tidy', null);
	perform public.privacy_note(o.org_id, 'privacy.exported', o.id, jsonb_build_object('subject', o.subject, 'subject_id', o.subject_id, 'hash', p_hash, 'size', p_size));
	if o.asked_by is not null then
		perform public.account_notice(o.asked_by, 'export_ready');
	end if;
end
$$;
select fl_definer_function('privacy_packed(uuid, bigint, text)');

-- An order that could not be carried out.
create function privacy_dead(p_order uuid) returns void language plpgsql as $$
begin
	update public.privacy_orders o set state = 'failed', ended_at = now(), updated_at = now() where o.id = p_order and o.state in ('working', 'packing');
	if found then
		perform public.privacy_note(o.org_id, 'privacy.failed', o.id) from public.privacy_orders o where o.id = p_order;
	end if;
end
$$;
select fl_definer_function('privacy_dead(uuid)');

-- Files to remove now: 500 at a time, those of an order (null: of none).
create function privacy_tidy(p_order uuid) returns table (path text) language sql stable as $$
	select f.path from public.privacy_files f where f.order_id is not distinct from p_order
		and not exists (select from public.documents d where d.org_id::text = split_part(f.path, '/', 1) and d.hash = split_part(f.path, '/', 2))
	order by f.path limit 500
$$;
select fl_definer_function('privacy_tidy(uuid)');

create function privacy_tidied(p_paths jsonb) returns void language plpgsql as $$
begin
	delete from public.privacy_files f where f.order_id is null and f.path in (select jsonb_array_elements_text(p_paths));
	if exists (select from public.privacy_tidy(null)) then
		perform public.privacy_enqueue('privacy.tidy', null);
	end if;
end
$$;
select fl_definer_function('privacy_tidied(jsonb)');

-- Archives are kept for a week.
create function sweep_privacy() returns bigint language plpgsql as $$
declare
	v_done bigint;
begin
	with old as (
		update public.privacy_orders o set state = 'gone', token_hash = null, updated_at = now() where o.what = 'export' and o.state = 'ready' and o.expires_at < now()
			returning o.id
	), files as (
		insert into public.privacy_files (path) select 'exports/' || old.id || '.zip' from old on conflict do nothing
	)
	select count(*) into v_done from old;
	if v_done > 0 then
		perform public.privacy_enqueue('privacy.tidy', null);
	end if;
	return v_done;
end
$$;
select fl_definer_function('sweep_privacy()', 'fl_sweep');
