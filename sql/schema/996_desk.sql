-- What two people change at once is told to the second, as with tasks and pipelines: a contact's facts and notes were overwritten without a word.
alter table contacts add column version int not null default 1;

create function contact_changed() returns trigger language plpgsql as $$
begin
	new.version := old.version + 1;
	return new;
end
$$;
create trigger changed before update on contacts for each row when (old.* is distinct from new.*) execute function contact_changed();

drop function contact_set(uuid, text, text, text, text, text);
create function contact_set(p_id uuid, p_version bigint, p_name text, p_email text, p_phone text, p_company text, p_notes text) returns uuid language plpgsql as $$
declare
	c contacts;
begin
	if p_name is null and p_email is null and p_phone is null then
		perform fl_fail('FL422', 'wrong.required', 'name');
	end if;
	if p_id is not null then
		select * into c from contacts x where x.org_id = fl_org() and x.id = p_id for update;
		if c.id is null then
			return null;
		elsif c.version <> p_version then
			perform fl_fail('FL409', 'wrong.stale', 'version');
		end if;
	end if;
	if p_email is not null and exists (select from contacts x where x.org_id = fl_org() and x.email = lower(p_email) and x.id is distinct from p_id) then
		perform fl_fail('FL422', 'wrong.taken', 'email');
	end if;
	if p_id is null then
		insert into contacts as x (org_id, name, email, phone, company, notes)
			values (fl_org(), coalesce(p_name, ''), lower(p_email), p_phone, p_company, coalesce(p_notes, '')) returning x.* into c;
	else
		update contacts x set name = coalesce(p_name, ''), email = lower(p_email), phone = p_phone, company = p_company, notes = coalesce(p_notes, ''), updated_at = now()
			where x.org_id = fl_org() and x.id = p_id;
	end if;
	perform fl_audit(case when p_id is null then 'contact.add' else 'contact.change' end, 'contact', c.id);
	return c.id;
end
$$;

-- Holds that are over are removed before each booking: without this all times of all organisations were read for it (63 ms among 100,000).
create index calendar_claims_hold on calendar_claims (org_id, hold_until) where hold_until is not null;
