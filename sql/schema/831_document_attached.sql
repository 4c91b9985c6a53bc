-- PDFs and pictures attached to a mail that is a document itself: documents of their own, each with its mail.

create table document_attachments (
	org_id uuid not null references organizations,
	document_id uuid not null, -- the mail
	file_id uuid not null,
	n int not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, document_id, file_id),
	foreign key (org_id, document_id) references documents (org_id, id) on delete cascade,
	foreign key (org_id, file_id) references documents (org_id, id) on delete cascade
);
create index document_attachments_file on document_attachments (org_id, file_id);
select fl_tenant_table('document_attachments', 'select, insert');
select fl_scope_table('document_attachments', 'public.document_open(document_id)');

-- p_files: as intake_files_add takes them. They belong to whom the mail belongs to, and to the requests it came with, which wait for them as for it.
create function document_attached(p_mail uuid, p_files jsonb) returns void language plpgsql as $$
declare
	v_by uuid := (select d.uploaded_by from documents d where d.org_id = fl_org() and d.id = p_mail);
	v_n int := 0;
	d record;
	f record;
begin
	for f in select * from jsonb_to_recordset(p_files) x(name text, size bigint, type text, hash text, status text, reason text, scan text, quota_mb bigint) loop
		continue when document_over(f.size, f.quota_mb) and not exists (select from documents k where k.org_id = fl_org() and k.hash = f.hash);
		select * into d from document_add(f.name, f.type, f.size, f.hash, f.status, f.reason, f.scan, f.quota_mb);
		continue when d.id = p_mail;
		if not d.duplicate then
			update documents k set uploaded_by = v_by where k.org_id = fl_org() and k.id = d.id and k.uploaded_by is distinct from v_by;
		end if;
		v_n := v_n + 1;
		insert into document_attachments (org_id, document_id, file_id, n) values (fl_org(), p_mail, d.id, v_n) on conflict do nothing;
		insert into intake_files (org_id, intake_id, document_id, name, size_bytes, n)
			select i.org_id, i.intake_id, d.id, f.name, f.size, (select coalesce(max(x.n), 0) + 1 from intake_files x where x.org_id = i.org_id and x.intake_id = i.intake_id)
			from intake_files i where i.org_id = fl_org() and i.document_id = p_mail on conflict do nothing;
	end loop;
end
$$;
