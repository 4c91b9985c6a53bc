-- Audit rows keep their place in the chain when words are taken out of them (X-67). What is left of such a row no longer gives the hash of its seal; so the
-- seal is taken as it stands, and what vouches for it is a later row of the same chain, audit.redact: its digest runs over, for every row in order, the
-- seal before it, its own seal, and the hash of what is left. Whoever changes a row before it, or what is left of it, no longer comes to that digest.

create table privacy_redactions (
	org_id uuid not null,
	seq bigint not null, -- of the seal
	order_id uuid not null,
	before bytea not null, -- the hash of the seal before
	hash bytea not null, -- of its own
	after bytea not null, -- SHA-256 of what is left, in canonical form
	primary key (org_id, seq, order_id)
);
grant select, insert, update on privacy_redactions to fl_definer;
create index privacy_redactions_order on privacy_redactions (org_id, order_id, seq);

-- The only way a row of the ledger changes: by privacy_redact below, which belongs to the owner of the tables and whom only erasures may call.
create function audit_log_refuse() returns trigger language plpgsql as $$
begin
	if tg_op = 'UPDATE' and current_user = 'fl_owner' and current_setting('app.erasing', true) = 'audit_log' then
		return null;
	end if;
	raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
drop trigger immutable on audit_log;
create trigger immutable before update or delete or truncate on audit_log for each statement execute function audit_log_refuse();

-- Takes words out of one part of an organisation's audit rows.
create function privacy_redact(p_org uuid, p_order uuid, p_words jsonb, p_at jsonb, out at jsonb, out seen bigint, out rows bigint) language plpgsql security definer as $$
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
revoke all on function privacy_redact(uuid, uuid, jsonb, jsonb) from public;
grant execute on function privacy_redact(uuid, uuid, jsonb, jsonb) to fl_definer;

create function privacy_digest(p_org uuid, p_order uuid) returns text language plpgsql stable as $$
declare
	r record;
	v bytea := sha256(convert_to(p_order::text, 'UTF8'));
begin
	for r in select x.before, x.hash, x.after from public.privacy_redactions x where x.org_id = p_org and x.order_id = p_order order by x.seq loop
		v := sha256(v || r.before || r.hash || r.after);
	end loop;
	return encode(v, 'hex');
end
$$;
select fl_definer_function('privacy_digest(uuid, uuid)', 'fl_definer');

create function privacy_do_redact(o privacy_orders, s privacy_steps, out at jsonb, out seen bigint, out rows bigint) language plpgsql as $$
declare
	v_rows bigint;
begin
	select d.at, d.seen, d.rows into at, seen, rows from public.privacy_redact(s.org_id, o.id, o.words, s.at) d;
	v_rows := (select count(*) from public.privacy_redactions x where x.org_id = s.org_id and x.order_id = o.id);
	if rows > 0 and v_rows > 0 then
		perform public.privacy_note(s.org_id, 'audit.redact', o.id, jsonb_build_object('rows', v_rows, 'digest', public.privacy_digest(s.org_id, o.id)));
	end if;
end
$$;
select fl_definer_function('privacy_do_redact(privacy_orders, privacy_steps)', 'fl_definer');

-- Whether a row that was redacted is what a row audit.redact of its chain vouches for. The last redaction says what is left of it.
create function privacy_vouched(p_org uuid, p_seq bigint, p_before bytea, p_hash bytea, p_canonical bytea) returns boolean language plpgsql stable as $$
declare
	x record;
	v_last bytea;
begin
	for x in select r.order_id, r.before, r.hash, r.after from public.privacy_redactions r where r.org_id = p_org and r.seq = p_seq order by r.order_id loop
		if x.before <> p_before or x.hash <> p_hash or not exists (select from public.audit_log a where a.org_id = p_org and a.subject_id = x.order_id and a.action = 'audit.redact'
				and a.detail ->> 'digest' = public.privacy_digest(p_org, x.order_id)) then
			return false;
		end if;
		v_last := x.after;
	end loop;
	return coalesce(v_last = sha256(p_canonical), false);
end
$$;
select fl_definer_function('privacy_vouched(uuid, bigint, bytea, bytea, bytea)', 'fl_definer');

-- As in 026, with rows that were redacted.
create or replace function audit_verify(p_org uuid) returns table (seq bigint, audit_id uuid, problem text, sealed bigint, unsealed bigint, head text) language plpgsql stable as $$
declare
	r record;
	v_hash bytea := sha256(convert_to(p_org::text, 'UTF8'));
	v_seq bigint := 0;
	v_xid xid8 := '0'::xid8;
	v_id uuid := '00000000-0000-0000-0000-000000000000';
begin
	for r in select s.seq as n, s.audit_id as of, s.xid as sx, s.hash as h, a.id as row_id, a.xid as ax, public.fl_audit_canonical(a) as canonical
			from public.audit_seals s left join public.audit_log a on a.org_id = s.org_id and a.id = s.audit_id where s.org_id = p_org order by s.seq loop
		seq := r.n;
		audit_id := r.of;
		if r.n <> v_seq + 1 then
			problem := format('%s seals before this one were removed', r.n - v_seq - 1);
			return next;
		elsif (r.sx, r.of) <= (v_xid, v_id) then
			problem := 'the order of the rows was changed';
			return next;
		end if;
		if r.row_id is null then
			problem := 'the row was removed';
			return next;
		elsif r.ax <> r.sx or (sha256(v_hash || r.canonical) <> r.h and not public.privacy_vouched(p_org, r.n, v_hash, r.h, r.canonical)) then
			problem := 'the row was changed';
			return next;
		end if;
		v_hash := r.h;
		v_seq := r.n;
		v_xid := r.sx;
		v_id := r.of;
	end loop;
	for r in select a.id from public.audit_log a where a.org_id = p_org and (a.xid, a.id) <= (v_xid, v_id)
			and not exists (select from public.audit_seals s where s.org_id = p_org and s.audit_id = a.id) loop
		seq := null;
		audit_id := r.id;
		problem := 'the row was put in behind the seals';
		return next;
	end loop;
	seq := v_seq;
	audit_id := null;
	problem := null;
	sealed := (select count(*) from public.audit_seals s where s.org_id = p_org);
	unsealed := (select count(*) from public.audit_log a where a.org_id = p_org and (a.xid, a.id) > (v_xid, v_id));
	head := encode(v_hash, 'hex');
	return next;
end
$$;
select fl_definer_function('audit_verify(uuid)', 'fl_owner');
