-- The export of the chain tells which rows were redacted and what vouches for them, so that it is verified without the database as well.

create function privacy_redacted(p_org uuid, p_seq bigint) returns jsonb language sql stable as $$
	select case when count(*) = 0 then '{}'::jsonb else jsonb_build_object('redacted', jsonb_agg(jsonb_build_object('order', r.order_id, 'before', encode(r.before, 'hex'),
		'after', encode(r.after, 'hex')) order by r.order_id)) end
	from public.privacy_redactions r where r.org_id = p_org and r.seq = p_seq
$$;
select fl_definer_function('privacy_redacted(uuid, bigint)', 'fl_definer');

-- As in 042.
create or replace function admin_audit_export(p_org text, p_format text, p_action text, p_actor text, p_from bigint) returns setof text language plpgsql as $$
declare
	v_org uuid := public.admin_audit_org(p_org);
	v_before bytea;
begin
	if v_org is null then
		perform public.fl_fail('FL422', 'wrong.org_unknown', 'org');
	end if;
	perform public.admin_note(null, 'audit.export', 'organization', v_org, jsonb_build_object('format', p_format, 'from', p_from));
	if p_format = 'csv' then
		return next '"at","actor_type","actor","action","subject_kind","subject_id","detail","request_id"';
		return query select concat_ws(',', public.csv_cell(to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), public.csv_cell(a.actor_type),
				public.csv_cell(a.actor), public.csv_cell(a.action), public.csv_cell(a.subject_kind), public.csv_cell(a.subject_id::text), public.csv_cell(a.detail),
				public.csv_cell(a.request_id))
			from public.admin_audit(p_org, p_action, p_actor, null, 5000) a;
		return;
	end if;
	select s.hash into v_before from public.audit_seals s where s.org_id = v_org and s.seq = p_from - 1;
	return next jsonb_build_object('fairlead_audit', 1, 'org', v_org, 'from', p_from,
		'before', encode(coalesce(v_before, sha256(convert_to(v_org::text, 'UTF8'))), 'hex'))::text;
	return query select (jsonb_build_object('seq', s.seq, 'id', a.id, 'at_us', ((extract(epoch from a.at) * 1000000)::bigint)::text, 'actor_type', a.actor_type,
			'actor_id', a.actor_id, 'action', a.action, 'subject_kind', a.subject_kind, 'subject_id', a.subject_id, 'detail', a.detail::text,
			'request_id', a.request_id, 'hash', encode(s.hash, 'hex')) || public.privacy_redacted(s.org_id, s.seq))::text
		from public.audit_seals s join public.audit_log a on a.org_id = s.org_id and a.id = s.audit_id
		where s.org_id = v_org and s.seq >= p_from and s.seq < p_from + 5000 order by s.seq;
	return query select jsonb_build_object('rows', count(*), 'head', encode((array_agg(t.hash order by t.seq desc))[1], 'hex'))::text from
		(select s.seq, s.hash from public.audit_seals s where s.org_id = v_org and s.seq >= p_from and s.seq < p_from + 5000) t;
end
$$;
select fl_definer_function('admin_audit_export(text, text, text, text, bigint)');
