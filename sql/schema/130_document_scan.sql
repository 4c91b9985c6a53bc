-- The virus scan of documents (DOC-02): no file is read or handed out before the scanner said it is clean, or a person with the right released it.

alter table documents drop constraint documents_reason_check, add constraint documents_reason_check check (reason in ('damaged', 'encrypted', 'empty',
	'too_large', 'too_many_pages', 'unpacks', 'unreadable', 'no_scanner', 'scanner_away', 'scan_refused', 'infected'));
create index documents_scanner_away on documents (updated_at) where status = 'QUARANTINED' and reason = 'scanner_away';

-- what came before the scan existed was handed out already: it stays so, named as not scanned
set role fl_definer;
update documents set scan = 'off' where scan = 'none' and status in ('READING', 'COMPLETED', 'STORED', 'FAILED');
reset role;

select fl_grant('document.release', 'owner admin operator');
insert into notification_kinds values ('document_infected', 98);
insert into notification_subjects values ('document', '/documents', true);

-- The way ended, well or badly. p_scan: what the scanner said just before, null when it was not asked.
drop function document_end(uuid, text, text, text);
create function document_end(p_id uuid, p_status text, p_reason text, p_finding text, p_scan text) returns void language plpgsql as $$
declare
	d documents;
begin
	update documents set status = p_status, reason = p_reason, finding = left(p_finding, 200), updated_at = now(), scan = coalesce(p_scan, scan)
		where org_id = fl_org() and id = p_id and status in ('QUEUED', 'READING') returning * into d;
	if not found then
		return;
	end if;
	perform fl_audit('document.' || lower(p_status), 'document', p_id, jsonb_strip_nulls(jsonb_build_object('reason', p_reason, 'finding', d.finding)));
	if p_status = 'INFECTED' then
		perform fl_notify(d.uploaded_by, 'document_infected', 'document', p_id, jsonb_build_object('name', d.name, 'finding', d.finding));
	end if;
end
$$;

-- Asks the scanner again: it was away, or knows more now.
create function document_rescan(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	update documents d set status = 'QUEUED', reason = null, finding = null, scan = 'none', updated_at = now()
		where d.org_id = fl_org() and d.id = p_id and d.status in ('QUARANTINED', 'INFECTED');
	if found then
		perform fl_audit('document.rescan', 'document', p_id);
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', p_id));
		return query select p_id;
	end if;
end
$$;

-- Documents that wait because the scanner was away are offered to it again.
create function document_rescan_due() returns bigint language plpgsql as $$
declare
	d record;
	v_done bigint := 0;
begin
	for d in select x.org_id, x.id from public.documents x join public.organizations o on o.id = x.org_id and o.suspended_at is null
			where x.status = 'QUARANTINED' and x.reason = 'scanner_away' and x.updated_at < now() - interval '4 minutes' order by x.updated_at limit 200 loop
		perform set_config('app.current_org_id', d.org_id::text, true);
		update public.documents set status = 'QUEUED', reason = null, updated_at = now() where org_id = d.org_id and id = d.id;
		perform public.fl_emit('document.uploaded', jsonb_build_object('document_id', d.id));
		v_done := v_done + 1;
	end loop;
	return v_done;
end
$$;
select fl_definer_function('document_rescan_due()', 'fl_sweep');
