-- Third of three: the table becomes the first part of one that holds parts only, without a row being moved.
alter table audit_log rename to audit_log_first;
alter index audit_log_pkey rename to audit_log_first_pkey;
alter index audit_log_seal rename to audit_log_first_seal;
alter index audit_log_subject rename to audit_log_first_subject;
drop trigger immutable on audit_log_first;
create table audit_log (like audit_log_first including defaults, primary key (org_id, id)) partition by range (id);
create index audit_log_seal on audit_log (org_id, xid, id);
create index audit_log_subject on audit_log (org_id, subject_id) where subject_id is not null;
select fl_tenant_table('audit_log', 'select');
create trigger immutable before update or delete or truncate on audit_log for each statement execute function audit_log_refuse();

-- Who writes says what happened; when, and its place in the chain, come of the defaults. So no program can put a row behind the seals.
revoke insert, update, delete on audit_log from fl_definer;
grant insert (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id) on audit_log to fl_app, fl_definer;

-- A part has no door of its own: no policy, no rights, and a trigger, as the one of the whole does not fire for it.
create function audit_part_close(p_part text) returns void language plpgsql as $$
begin
	execute format('alter table public.%I enable row level security', p_part);
	execute format('alter table public.%I force row level security', p_part);
	execute format('create trigger immutable before update or delete or truncate on public.%I for each statement execute function public.audit_log_refuse()', p_part);
end
$$;

drop policy tenant on audit_log_first;
drop policy definer on audit_log_first;
revoke all on audit_log_first from fl_app, fl_definer;
select audit_part_close('audit_log_first');
do $$
declare
	v_until text := (select substring(pg_get_constraintdef(oid) from '[0-9a-f]{8}-[0-9a-f-]{27}') from pg_constraint where conname = 'audit_log_part');
begin
	execute format('alter table audit_log attach partition audit_log_first for values from (minvalue) to (%L)', v_until);
end
$$;
alter table audit_log_first drop constraint audit_log_part;
-- What no part is made for is written all the same.
create table audit_log_rest partition of audit_log default;
select audit_part_close('audit_log_rest');

-- Makes the parts of this month and the next three that are not there, and says how many it made. It runs as the owner of the table, and takes nothing from who calls. A month of which rows
-- lie in the rest already stays there. Whoever is reading is not waited for: the next hour does it.
create function audit_parts() returns bigint language plpgsql security definer as $$
declare
	v_month timestamp;
	v_from uuid;
	v_to uuid;
	v_name text;
	v_made bigint := 0;
begin
	perform set_config('lock_timeout', '200ms', true);
	for v_month in select generate_series(m, m + interval '3 months', interval '1 month') from date_trunc('month', now() at time zone 'UTC') m loop
		v_from := public.observe_id_at(v_month at time zone 'UTC');
		v_to := public.observe_id_at((v_month + interval '1 month') at time zone 'UTC');
		v_name := 'audit_log_' || to_char(v_month, 'YYYY_MM');
		continue when exists (select from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.audit_log'::regclass
			and substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9a-f-]{36})''\)')::uuid > v_from);
		begin
			execute format('create table public.%I (like public.audit_log including defaults)', v_name);
			perform public.audit_part_close(v_name);
			execute format('alter table public.audit_log attach partition public.%I for values from (%L) to (%L)', v_name, v_from, v_to);
			v_made := v_made + 1;
		exception
			when check_violation then null;
			when lock_not_available then return v_made; -- a later month alone would close the way to this one
		end;
	end loop;
	return v_made;
end
$$;
revoke all on function audit_parts() from public;
grant execute on function audit_parts() to fl_sweep;
select audit_parts();

-- As in 002, for rows of the whole.
create function fl_audit_canonical(a audit_log) returns bytea language sql immutable as $$
	select convert_to(concat_ws(E'\x1f', a.org_id, a.id, (extract(epoch from a.at) * 1000000)::bigint, a.actor_type, coalesce(a.actor_id::text, '-'),
		a.action, a.subject_kind, coalesce(a.subject_id::text, '-'), a.detail::text, coalesce(a.request_id, '-')), 'UTF8')
$$;

-- As in 041 and 105: compiled anew in each session, for the type of a row of the whole.
create or replace function fl_audit_seal(p_most int default 10000) returns bigint language plpgsql as $$
declare
	o record;
	a public.audit_log;
	s record;
	v_hash bytea;
	v_seq bigint;
	v_xid xid8;
	v_id uuid;
	v_done bigint := 0;
	v_below xid8 := pg_snapshot_xmin(pg_current_snapshot());
begin
	for o in select id from public.organizations union all select '00000000-0000-0000-0000-000000000000' order by 1 loop
		if not pg_try_advisory_xact_lock(7235902, hashtext(o.id::text)) then
			continue;
		end if;
		select seq, hash, xid, audit_id into s from public.audit_seals where org_id = o.id order by seq desc limit 1;
		v_hash := coalesce(s.hash, sha256(convert_to(o.id::text, 'UTF8')));
		v_seq := coalesce(s.seq, 0);
		v_xid := coalesce(s.xid, '0'::xid8);
		v_id := coalesce(s.audit_id, '00000000-0000-0000-0000-000000000000');
		for a in select * from public.audit_log where org_id = o.id and (xid, id) > (v_xid, v_id) and xid < v_below order by xid, id limit p_most loop
			v_seq := v_seq + 1;
			v_hash := sha256(v_hash || public.fl_audit_canonical(a));
			insert into public.audit_seals (org_id, seq, audit_id, xid, hash) values (o.id, v_seq, a.id, a.xid, v_hash);
			v_done := v_done + 1;
		end loop;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('fl_audit_seal(int)', 'fl_sweep, fl_owner');

create or replace function privacy_redact(p_org uuid, p_order uuid, p_words jsonb, p_at jsonb, out at jsonb, out seen bigint, out rows bigint) language plpgsql security definer as $$
declare
	a public.audit_log;
	v_detail jsonb;
	v_seq bigint;
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
begin
	at := p_at;
	seen := 0;
	rows := 0;
	-- the sealer waits: it must not seal what is just changed
	perform pg_advisory_xact_lock(7235902, hashtext(p_org::text));
	perform set_config('app.current_org_id', p_org::text, true), set_config('app.erasing', 'audit_log', true);
	for a in select * from public.audit_log l where l.org_id = p_org and (p_at is null or l.id > (p_at ->> 0)::uuid) order by l.id limit 2000 loop
		at := jsonb_build_array(a.id);
		seen := seen + 1;
		v_detail := case when p_words is null then public.privacy_bare(a.detail) else public.privacy_masked(a.detail, p_words) end;
		if v_detail <> a.detail then
			rows := rows + 1;
			update public.audit_log l set detail = v_detail where l.org_id = p_org and l.id = a.id;
			a.detail := v_detail;
			select s.seq into v_seq from public.audit_seals s where s.org_id = p_org and s.audit_id = a.id;
			if v_seq is not null then
				insert into public.privacy_redactions (org_id, seq, order_id, before, hash, after)
					select p_org, s.seq, p_order, coalesce((select b.hash from public.audit_seals b where b.org_id = p_org and b.seq = s.seq - 1), sha256(convert_to(p_org::text, 'UTF8'))),
						s.hash, sha256(public.fl_audit_canonical(a)) from public.audit_seals s where s.org_id = p_org and s.seq = v_seq
					on conflict (org_id, seq, order_id) do update set after = excluded.after;
			end if;
		end if;
	end loop;
	perform set_config('app.current_org_id', v_org, true), set_config('app.erasing', '', true);
end
$$;
drop function fl_audit_canonical(audit_log_first);

-- As in 100: a table in parts is one, and its parts are none.
create or replace function privacy_tables() returns table (name text, tenant boolean, keys text[], types text[]) language sql stable as $$
	select c.relname::text, c.relforcerowsecurity, coalesce(k.keys, '{}'), coalesce(k.types, '{}')
	from pg_class c
		left join lateral (select array_agg(a.attname::text order by i.o) as keys, array_agg(format_type(a.atttypid, a.atttypmod) order by i.o) as types
			from pg_index x, unnest(x.indkey::int[]) with ordinality i(n, o), pg_attribute a
			where x.indrelid = c.oid and x.indisprimary and a.attrelid = c.oid and a.attnum = i.n and a.attname <> 'org_id') k on true
	where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'privacy\_%'
		and (c.relname = 'organizations' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
	order by 1
$$;

-- As in 104; the rows looked at are not told by their places, which are those of a part.
create or replace function privacy_do_words(o privacy_orders, s privacy_steps, p_mask boolean, out at jsonb, out seen bigint, out rows bigint) language plpgsql as $$
declare
	t record;
	v_places tid[];
	v_hits text := public.privacy_hits(s.name);
	v_part text;
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
	v_part := public.privacy_part(s.name, case when s.org_id is null then null when s.name = 'organizations' then 'id' else 'org_id' end, 'uuid', t.keys, t.types, 2000);
	execute format('select count(*), array_agg(t.privacy_place), (array_agg(%s order by t.privacy_n desc))[1] from (select t.*, row_number() over () as privacy_n from %s) t',
			public.privacy_key(t.keys), v_part) using s.org_id::text, s.at into seen, v_places, at;
	if seen = 0 then
		return;
	end if;
	if not p_mask then
		execute format('select count(*) from (select t.* from %s) x where %s', v_part, v_hits) using s.org_id::text, s.at, o.words into rows;
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
