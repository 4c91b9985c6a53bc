-- Erasure: what an order does to each table (CMP-03, X-67, promise 42).
--
-- An organisation: every row of every table goes, but for the ledgers (events, audit with its seals: ids and codes, texts of the audit blanked) and the
-- statistics (counters, days); its own row becomes a nameless stone, so that what is kept still hangs on something.
-- A person or a contact: what is only theirs goes; their requests stay as numbers, without their words; and address, telephone number and full name are
-- taken out of every other text. At the end every text of the database is searched for them.

-- Kept when an organisation goes, whatever else is added to the schema.
create function privacy_kept(p_table text) returns boolean language sql immutable as $$
	select p_table in ('audit_log', 'audit_seals', 'system_events', 'counters', 'counter_deltas', 'request_days', 'llm_tally', 'organizations')
$$;

-- Columns with free text, by kind: not ids, not the codes that a check lists.
create function privacy_free(p_table text, p_type text) returns text[] language sql stable as $$
	select coalesce(array_agg(n), '{}') from unnest(public.privacy_columns(p_table, p_type)) n
	where not exists (select from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
		where c.conrelid = ('public.' || quote_ident(p_table))::regclass and c.contype = 'c' and a.attname = n and pg_get_constraintdef(c.oid) like '%ANY (ARRAY%')
$$;

-- How deep a table hangs under others: children are removed before what they point at.
create function privacy_depths() returns table (name text, depth int) language sql stable as $$
	with recursive links as (
		select distinct c.conrelid, c.confrelid from pg_constraint c where c.contype = 'f' and c.conrelid <> c.confrelid and c.connamespace = 'public'::regnamespace
	), down as (
		select l.conrelid as id, 1 as depth from links l union select l.conrelid, d.depth + 1 from links l join down d on d.id = l.confrelid where d.depth < 20
	)
	select d.id::regclass::text, max(d.depth) from down d group by d.id
$$;

create function privacy_plan_erase(o privacy_orders) returns void language plpgsql as $$
declare
	v_emails text[];
	v_phones text[];
	v_names text[];
begin
	if o.subject = 'organization' then
		update public.organizations g set suspended_at = coalesce(g.suspended_at, now()), suspended_reason = 'erased' where g.id = o.org_id;
		delete from public.principals p where p.org_id = o.org_id;
		insert into public.privacy_steps (order_id, n, act, org_id, name)
			select o.id, row_number() over (order by x.turn, x.depth desc, x.name), x.act, o.org_id, x.name from (
				select case when public.privacy_kept(t.name) then 2 else 1 end as turn, coalesce(d.depth, 0) as depth,
					case when t.name = 'audit_log' then 'redact' when public.privacy_kept(t.name) then 'keep' else 'remove' end as act, t.name
					from public.privacy_tables() t left join public.privacy_depths() d on d.name = t.name where t.name not in ('organizations', 'principals', 'program_errors')
				union all select 3, 0, 'stone', 'organizations' union all select 4, 0, 'files', 'files') x;
		insert into public.privacy_files (path, order_id) select o.org_id || '/', o.id on conflict (path) do update set order_id = o.id;
	else
		if o.subject = 'person' then
			select array[u.email] || array(select m.email from public.memberships m where m.user_id = u.id) || array(select i.email from public.user_identities i where i.user_id = u.id),
					array[coalesce(u.phone, '')], array[u.name] || array(select m.name from public.memberships m where m.user_id = u.id)
				into v_emails, v_phones, v_names from public.users u where u.id = o.subject_id;
		else
			select array[coalesce(c.email, '')], array[coalesce(c.phone, '')], array[c.name]
					|| array(select distinct r.requester_name from public.intake_requests r, public.privacy_reach e where e.order_id = o.id and r.org_id = o.org_id
						and r.id = any (e.ids) and r.requester_name is not null limit 20)
				into v_emails, v_phones, v_names from public.contacts c where c.org_id = o.org_id and c.id = o.subject_id;
		end if;
		update public.privacy_orders x set words = public.privacy_words(o.id, v_emails, v_phones, v_names) where x.id = o.id;
		delete from public.sign_in_failures f where o.subject = 'person' and f.account = public.account_of(v_emails[1]);
		-- the platform's own jobs and audit rows may name the person too
		insert into public.privacy_reach (order_id, org_id) select o.id, p from unnest('{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::uuid[]) p
			where o.subject = 'person';
		insert into public.privacy_steps (order_id, n, act, org_id, name)
			select o.id, row_number() over (order by x.turn, x.org_id, x.act, x.name), x.act, x.org_id, x.name from (
				select 1 as turn, r.org_id, 'documents' as act, 'documents' as name from public.privacy_reach r where r.order_id = o.id and o.documents
				union all select case a.act when 'blank' then 2 when 'leave' then 3 when 'mask' then 4 when 'redact' then 7 else 8 end, r.org_id, a.act, t.name
					from public.privacy_reach r, public.privacy_tables() t, unnest(array['blank', 'leave', 'mask', 'redact', 'scan']) a(act)
					where r.order_id = o.id and t.tenant and case a.act
						when 'blank' then t.name not in ('audit_log', 'audit_seals', 'system_events', 'organizations')
						when 'leave' then o.subject = 'person' and t.name not in ('jobs', 'job_history') and 'user_id' = any (public.privacy_columns(t.name, 'uuid'))
						when 'mask' then t.name not in ('audit_log', 'audit_seals', 'system_events', 'memberships')
						when 'redact' then t.name = 'audit_log'
						else t.name not in ('audit_seals', 'memberships') end
				union all select 5, r.org_id, 'search', 'search_entries' from public.privacy_reach r where r.order_id = o.id
				union all select 6, null, 'account', a.name from public.privacy_account_tables() a where o.subject = 'person'
				union all select case p.act when 'mask' then 6 else 8 end, null, p.act, p.name from (values ('mask', 'program_errors'), ('mask', 'support_visits'),
					('mask', 'blocked_addresses'), ('scan', 'program_errors'), ('scan', 'support_visits'), ('scan', 'blocked_addresses'), ('scan', 'account_mails')) p(act, name)
					where o.subject = 'person'
				union all select 9, null, 'files', 'files') x;
	end if;
end
$$;
select fl_definer_function('privacy_plan_erase(privacy_orders)', 'fl_definer');
grant delete on support_visits to fl_definer;
grant update on blocked_addresses to fl_definer;

-- As in 100; tables of the platform have no owner.
create or replace function privacy_part(p_table text, p_owner text, p_kind text, p_keys text[], p_types text[], p_most int) returns text language sql immutable as $$
	select format('(select x.*, x.ctid as privacy_place from public.%I x where %s and ($2::jsonb is null or (%s) > (%s)) order by %s limit %s) t', p_table,
		case when p_owner is null then '$1::text is null' else format('x.%I = $1::%s', p_owner, p_kind) end,
		coalesce(string_agg(format('x.%I', k), ', ' order by o), 'x.ctid'), coalesce(string_agg(format('($2 ->> %s)::%s', o - 1, p_types[o]), ', ' order by o), '($2 ->> 0)::tid'),
		coalesce(string_agg(format('x.%I', k), ', ' order by o), 'x.ctid'), p_most)
	from unnest(p_keys) with ordinality u(k, o)
$$;

-- One part of a step: rows looked at, rows done, the key of the last one.
create function privacy_do_remove(s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
begin
	perform set_config('app.erasing', s.org_id::text, true);
	execute format('delete from public.%I x where x.ctid = any (array(select y.ctid from public.%1$I y where y.org_id = $1 limit 2000))', s.name) using s.org_id;
	get diagnostics rows = row_count;
	seen := rows;
	perform set_config('app.erasing', '', true);
end
$$;
select fl_definer_function('privacy_do_remove(privacy_steps)', 'fl_definer');

-- Empties the words of rows that are the subject's own. Copies of what they said, which nothing else needs, go as a whole.
create function privacy_do_blank(o privacy_orders, s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
declare
	v_ids uuid[] := (select r.ids from public.privacy_reach r where r.order_id = o.id and r.org_id = s.org_id);
	v_uuids text[] := array(select n from unnest(public.privacy_columns(s.name, 'uuid')) n where n <> 'org_id');
	v_where text;
	v_sets text;
begin
	seen := 0;
	rows := 0;
	if cardinality(v_ids) = 0 or cardinality(v_uuids) = 0 then
		return;
	end if;
	v_where := (select string_agg(format('x.%I = any ($2)', n), ' or ') from unnest(v_uuids) n);
	if s.name in ('labelled_cases', 'email_messages', 'schedule_readings', 'mail_raw', 'sms_messages', 'notifications', 'search_entries', 'llm_reservations') then
		execute format('delete from public.%I x where x.org_id = $1 and (%s)', s.name, v_where) using s.org_id, v_ids;
	else
		select string_agg(case
				when kind = 'jsonb' then format('%1$I = case jsonb_typeof(%1$I) when ''array'' then ''[]''::jsonb when ''object'' then ''{}'' end', n)
				when needed then format('%I = ''[erased]''', n) else format('%I = null', n) end, ', ') into v_sets
			from (select f.n, f.kind, a.attnotnull as needed from (select unnest(public.privacy_free(s.name, 'text')) as n, 'text' as kind
					union all select unnest(public.privacy_free(s.name, 'jsonb')), 'jsonb') f
				join pg_attribute a on a.attrelid = ('public.' || quote_ident(s.name))::regclass and a.attname = f.n) c
			where c.kind = 'jsonb' or c.n = any ('{subject,body,text,title,note,notes,description,reason,raw_output,prompt,response,phrase,summary,requester_name,requester_email,
				requester_phone,to_name,author_name,company,phone,name,quote,question,content,message,error,quarantine_reason,email,context,excerpt,heard,said}'::text[])
				and not (c.needed and c.n = 'email') and (c.n <> 'name' or 'email' = any (public.privacy_columns(s.name, 'text')));
		if v_sets is null then
			return;
		end if;
		execute format('update public.%I x set %s where x.org_id = $1 and (%s)', s.name, v_sets, v_where) using s.org_id, v_ids;
	end if;
	get diagnostics rows = row_count;
	seen := rows;
end
$$;
select fl_definer_function('privacy_do_blank(privacy_orders, privacy_steps)', 'fl_definer');

-- A row's hit in any of its texts, over alias x. Somebody else of the same name, with another address, is left alone.
create function privacy_hits(p_table text) returns text language sql stable as $$
	select '(' || string_agg(h, ' or ') || ')' || case p_table
			when 'contacts' then ' and not ($3 -> ''exact'' ? lower(btrim(x.name)) and x.email is not null and not public.privacy_hit(x.email, $3))'
			when 'intake_requests' then ' and not ($3 -> ''exact'' ? lower(btrim(x.requester_name)) and x.requester_email is not null and not public.privacy_hit(x.requester_email, $3))'
			else '' end from (
		select format('public.privacy_hit(x.%I, $3)', n) as h from unnest(public.privacy_columns(p_table, 'text')) n
		union all select format('public.privacy_hit_json(x.%I, $3)', n) from unnest(public.privacy_columns(p_table, 'jsonb')) n
		union all select format('public.privacy_hit(array_to_string(x.%I, E''\n''), $3)', n) from unnest(public.privacy_columns(p_table, 'text[]')) n) c
$$;

-- Takes the words out of one part of a table (2,000 rows), or only counts the rows that hold them.
create function privacy_do_words(o privacy_orders, s privacy_steps, p_mask boolean, out at jsonb, out seen bigint, out rows bigint) language plpgsql as $$
declare
	t record;
	v_places tid[];
	v_hits text := public.privacy_hits(s.name);
	v_sets text;
	v_lexemes text[] := array(select distinct l from jsonb_array_elements_text(o.words -> 'exact') w, unnest(tsvector_to_array(public.search_words(w) || to_tsvector('simple', w)
		|| to_tsvector('english', w) || to_tsvector('spanish', w))) l);
begin
	at := s.at;
	seen := 0;
	rows := 0;
	if v_hits is null then
		return;
	end if;
	select coalesce(k.keys, '{}') as keys, coalesce(k.types, '{}') as types into t from (select 1) one left join public.privacy_tables() k on k.name = s.name and s.org_id is not null;
	execute format('select count(*), array_agg(t.privacy_place), (array_agg(%s order by t.privacy_n desc))[1] from (select t.*, row_number() over () as privacy_n from %s) t', public.privacy_key(t.keys),
			public.privacy_part(s.name, case when s.org_id is null then null when s.name = 'organizations' then 'id' else 'org_id' end, 'uuid', t.keys, t.types, 2000))
		using s.org_id::text, s.at into seen, v_places, at;
	if seen = 0 then
		return;
	end if;
	if not p_mask then
		execute format('select count(*) from public.%I x where x.ctid = any ($1) and $2 and (%s)', s.name, v_hits) using v_places, true, o.words into rows;
		return;
	end if;
	-- a count of words is of no use with a mask in place of one
	if s.name = 'chunk_words' then
		execute format('delete from public.%I x where x.ctid = any ($1) and $2 and (%s)', s.name, v_hits) using v_places, true, o.words;
		get diagnostics rows = row_count;
		return;
	end if;
	select string_agg(c, ', ') into v_sets from (
		select format('%1$I = public.privacy_masked(x.%1$I, $3)', n) as c from unnest(public.privacy_columns(s.name, 'text') || public.privacy_columns(s.name, 'jsonb')
			|| public.privacy_columns(s.name, 'text[]')) n
		union all select format('%1$I = ts_delete(x.%1$I, $2)', n) from unnest(public.privacy_columns(s.name, 'tsvector')) n) c;
	execute format('update public.%I x set %s where x.ctid = any ($1) and $2 is not null and (%s)', s.name, v_sets, v_hits) using v_places, v_lexemes, o.words;
	get diagnostics rows = row_count;
	if s.name = 'mail_raw' then
		update public.mail_raw m set raw = '' where m.org_id = s.org_id and m.raw is not null
			and exists (select from jsonb_array_elements_text(o.words -> 'emails') e where position(convert_to(e, 'UTF8') in m.raw) > 0);
	end if;
end
$$;
select fl_definer_function('privacy_do_words(privacy_orders, privacy_steps, boolean)', 'fl_definer');

-- Search words of what was changed are made anew, and what was learned is learned again without it.
create function privacy_do_search(o privacy_orders, s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
declare
	v_asks tsquery[] := array(select public.search_query(w #>> '{}') from jsonb_array_elements(o.words -> 'exact') w where public.search_query(w #>> '{}') is not null);
	v_ids uuid[];
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
begin
	v_ids := array(select e.id from public.search_entries e, unnest(v_asks) q where e.org_id = s.org_id and e.words @@ q);
	delete from public.search_entries e where e.org_id = s.org_id and e.id = any (v_ids);
	get diagnostics rows = row_count;
	insert into public.search_entries (org_id, kind, id, words)
		select r.org_id, 'intake', r.id, public.search_intake_words(r) from public.intake_requests r where r.org_id = s.org_id and r.id = any (v_ids)
		union all select c.org_id, 'contact', c.id, public.search_words(concat_ws(' ', c.name, c.email, c.phone, c.company)) from public.contacts c
			where c.org_id = s.org_id and c.id = any (v_ids);
	-- the learner forgets only by learning anew
	if exists (select from public.learner_models l where l.org_id = s.org_id) then
		delete from public.learner_models l where l.org_id = s.org_id;
		perform set_config('app.current_org_id', s.org_id::text, true);
		perform public.learner_stale();
		perform set_config('app.current_org_id', v_org, true);
	end if;
	seen := rows;
end
$$;
select fl_definer_function('privacy_do_search(privacy_orders, privacy_steps)', 'fl_definer');

-- What belongs to the account itself. The person's row goes last; sessions, factors and links go with it.
create function privacy_do_account(o privacy_orders, s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
begin
	if s.name = 'users' then
		delete from public.principals p where p.user_id = o.subject_id;
		delete from public.users u where u.id = o.subject_id;
	else
		execute format('delete from public.%I x where %s', s.name, (select string_agg(case a.person when 'to_email' then 'x.to_email in (select jsonb_array_elements_text($2))'
				else format('x.%I = $1', a.person) end, ' or ') || ' or $2 is null' from public.privacy_account_tables() a where a.name = s.name))
			using o.subject_id, o.words -> 'emails';
	end if;
	get diagnostics rows = row_count;
	seen := rows;
end
$$;
select fl_definer_function('privacy_do_account(privacy_orders, privacy_steps)', 'fl_definer');

create function privacy_do_leave(o privacy_orders, s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
begin
	execute format('delete from public.%I x where x.org_id = $1 and x.user_id = $2', s.name) using s.org_id, o.subject_id;
	get diagnostics rows = row_count;
	seen := rows;
end
$$;
select fl_definer_function('privacy_do_leave(privacy_orders, privacy_steps)', 'fl_definer');

-- The row of the organisation: its id, plan and dates stay.
create function privacy_do_stone(s privacy_steps, out seen bigint, out rows bigint) language plpgsql as $$
begin
	update public.organizations g set slug = 'erased-' || right(g.id::text, 12), name = '[erased]', industry = null, size = null, logo = null, billing_email = null, settings = '{}',
		zone = 'UTC', updated_at = now() where g.id = s.org_id;
	delete from public.principals p where p.org_id = s.org_id;
	seen := 1;
	rows := 1;
end
$$;
select fl_definer_function('privacy_do_stone(privacy_steps)', 'fl_definer');

-- Carries an order on: steps until about 5,000 rows or 4 seconds are over, then the next job. p_gone: files that were removed for it. A table that holds
-- rows or words again after its step (written meanwhile by work that was under way) is gone over once more, up to three times.
create function privacy_erase_step(p_order uuid, p_gone jsonb) returns void language plpgsql as $$
declare
	o public.privacy_orders;
	s public.privacy_steps;
	r record;
	v_seen bigint := 0;
	v_until timestamptz := clock_timestamp() + interval '4 seconds';
begin
	perform public.privacy_begin(p_order);
	select * into o from public.privacy_orders x where x.id = p_order and x.state = 'working' for update;
	if o.id is null then
		return;
	end if;
	update public.privacy_steps t set rows = t.rows + (select count(*) from public.privacy_files f where f.order_id = o.id and f.path in (select jsonb_array_elements_text(p_gone)))
		where t.order_id = o.id and t.act = 'files';
	delete from public.privacy_files f where f.order_id = o.id and f.path in (select jsonb_array_elements_text(p_gone));
	loop
		select * into s from public.privacy_steps t where t.order_id = o.id and t.ended_at is null order by t.n limit 1;
		exit when s.n is null;
		case s.act
			when 'remove' then select d.*, null::jsonb as at into r from public.privacy_do_remove(s) d;
			when 'blank' then select d.*, null::jsonb as at into r from public.privacy_do_blank(o, s) d;
			when 'leave' then select d.*, null::jsonb as at into r from public.privacy_do_leave(o, s) d;
			when 'mask' then select d.seen, d.rows, d.at into r from public.privacy_do_words(o, s, true) d;
			when 'scan' then select d.seen, d.rows, d.at into r from public.privacy_do_words(o, s, false) d;
			when 'documents' then select d.*, null::jsonb as at into r from public.privacy_do_documents(o, s) d;
			when 'search' then select d.*, null::jsonb as at into r from public.privacy_do_search(o, s) d;
			when 'account' then select d.*, null::jsonb as at into r from public.privacy_do_account(o, s) d;
			when 'stone' then select d.*, null::jsonb as at into r from public.privacy_do_stone(s) d;
			when 'redact' then select d.seen, d.rows, d.at into r from public.privacy_do_redact(o, s) d;
			when 'keep' then execute format('select 0::bigint as seen, count(*) as rows, null::jsonb as at from public.%I x where x.org_id = $1', s.name) using s.org_id into r;
			when 'files' then
				exit when exists (select from public.privacy_files f where f.order_id = o.id);
				select 0::bigint as seen, 0::bigint as rows, null::jsonb as at into r;
		end case;
		update public.privacy_steps t set at = coalesce(r.at, t.at), seen = t.seen + r.seen, rows = t.rows + r.rows, ended_at = case when r.seen < 2000 then now() end
			where t.order_id = o.id and t.n = s.n;
		if s.act = 'scan' and r.rows > 0 and s.seen < 6000 then
			update public.privacy_steps t set ended_at = null, at = null, rows = case when t.n = s.n then 0 else t.rows end
				where t.order_id = o.id and t.name = s.name and t.org_id is not distinct from s.org_id and t.act in ('mask', 'scan') and t.n <= s.n
					and exists (select from public.privacy_steps m where m.order_id = o.id and m.name = s.name and m.org_id is not distinct from s.org_id and m.act = 'mask');
			update public.privacy_steps t set seen = t.seen + 2000 where t.order_id = o.id and t.n = s.n;
		end if;
		v_seen := v_seen + r.seen;
		exit when v_seen >= 5000 or clock_timestamp() > v_until;
	end loop;
	if exists (select from public.privacy_steps t where t.order_id = o.id and t.ended_at is null) then
		perform public.privacy_enqueue('privacy.erase', o.id);
	elsif o.subject = 'organization' and public.privacy_again(o.id) then
		perform public.privacy_enqueue('privacy.erase', o.id);
	else
		perform public.privacy_certify(o.id);
	end if;
end
$$;
select fl_definer_function('privacy_erase_step(uuid, jsonb)');

-- Whether a table of an erased organisation has rows again; its step is to be done once more.
create function privacy_again(p_order uuid) returns boolean language plpgsql as $$
declare
	s public.privacy_steps;
	v_any boolean;
	v_again boolean := false;
begin
	for s in select * from public.privacy_steps t where t.order_id = p_order and t.act = 'remove' loop
		execute format('select exists (select from public.%I x where x.org_id = $1)', s.name) using s.org_id into v_any;
		if v_any then
			update public.privacy_steps t set ended_at = null where t.order_id = p_order and t.n = s.n;
			v_again := true;
		end if;
	end loop;
	return v_again;
end
$$;
select fl_definer_function('privacy_again(uuid)', 'fl_definer');

-- The certificate: counts by table and what was done, no personal data; its hash is kept in the platform's audit chain. What the order knew of the subject
-- goes too.
create function privacy_certify(p_order uuid) returns void language plpgsql as $$
declare
	o public.privacy_orders;
	v jsonb;
	v_hash text;
begin
	select * into o from public.privacy_orders x where x.id = p_order;
	v := jsonb_build_object('fairlead_erasure', 1, 'order', o.id, 'subject', o.subject, 'subject_id', o.subject_id, 'asked_at', o.created_at, 'ended_at', now(),
		'organizations', (select count(*) from public.privacy_reach r join public.organizations g on g.id = r.org_id where r.order_id = o.id),
		'did', (select jsonb_agg(jsonb_build_object('table', x.name, 'did', x.act, 'rows', x.rows) order by x.act, x.name) from (select t.name, t.act, sum(t.rows) as rows
			from public.privacy_steps t where t.order_id = o.id and (t.rows > 0 or t.act = 'files') group by t.name, t.act) x),
		'searched', (select count(*) from public.privacy_steps t where t.order_id = o.id and t.act in ('scan', 'remove')),
		'found', (select coalesce(sum(t.rows), 0) from public.privacy_steps t where t.order_id = o.id and t.act = 'scan'));
	v_hash := encode(sha256(convert_to(v::text, 'UTF8')), 'hex');
	update public.privacy_orders x set state = 'done', certificate = v, hash = v_hash, words = null, asked_by = case when x.subject = 'person' then null else x.asked_by end,
		ended_at = now(), updated_at = now() where x.id = o.id;
	update public.privacy_reach r set ids = '{}' where r.order_id = o.id;
	perform public.privacy_note(null, 'privacy.erased', o.id, jsonb_build_object('subject', o.subject, 'subject_id', o.subject_id, 'hash', v_hash));
	if o.subject = 'contact' then
		perform public.privacy_note(o.org_id, 'privacy.erased', o.id, jsonb_build_object('subject', o.subject, 'subject_id', o.subject_id, 'hash', v_hash));
	end if;
end
$$;
select fl_definer_function('privacy_certify(uuid)', 'fl_definer');
