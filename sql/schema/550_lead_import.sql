-- Leads from a table (INT-14). A row that cannot be reached is left out and told by its line; who is known stays one contact, and a lead that is open under the
-- same title is not made twice, so that a file sent again changes nothing.
create function contact_import(p_rows jsonb) returns table (made bigint, known bigint, left_out bigint, lines text) language plpgsql as $$
declare
	r record;
	v_contact uuid;
	v_lead uuid;
	v_lines text[] := '{}';
begin
	made := 0;
	known := 0;
	for r in select (x.line)::int as line, left(coalesce(x.name, ''), 200) as name, nullif(lower(x.email), '') as email, nullif(x.phone, '') as phone, left(x.company, 200) as company,
			left(coalesce(nullif(x.title, ''), nullif(x.company, ''), nullif(x.name, ''), lower(x.email), x.phone), 300) as title, left(coalesce(x.notes, ''), 5000) as notes
		from jsonb_to_recordset(p_rows) x(line int, name text, email text, phone text, company text, title text, notes text) order by x.line loop
		if (r.email is null and r.phone is null) or length(r.email) > 254 or r.email !~ '^[^[:space:]<>()\[\]\\,;:"@]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$'
			or length(regexp_replace(r.phone, '[^0-9]', '', 'g')) not between 5 and 15 or r.phone !~ '^[-0-9+ ()./]+$' then
			v_lines := v_lines || r.line::text;
			continue;
		end if;
		v_contact := contact_for(r.name, r.email, r.phone);
		update contacts c set name = coalesce(nullif(c.name, ''), r.name), phone = coalesce(c.phone, r.phone), company = coalesce(c.company, r.company), notes = coalesce(nullif(c.notes, ''), r.notes)
			where c.org_id = fl_org() and c.id = v_contact;
		if exists (select from leads l where l.org_id = fl_org() and l.contact_id = v_contact and l.title = r.title and l.status not in ('Won', 'Lost', 'Disqualified')) then
			known := known + 1;
			continue;
		end if;
		insert into leads (org_id, contact_id, title) values (fl_org(), v_contact, r.title) returning id into v_lead;
		perform fl_audit('lead.add', 'lead', v_lead, jsonb_build_object('import', true));
		made := made + 1;
	end loop;
	left_out := cardinality(v_lines);
	lines := array_to_string(v_lines[1:20], ', ') || case when left_out > 20 then ', …' else '' end;
	return next;
end
$$;
create index leads_contact on leads (org_id, contact_id);
create index contacts_phone on contacts (org_id, phone) where phone is not null;
