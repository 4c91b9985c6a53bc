-- The page that exports or erases a contact says how many documents name the person: among the newest alone, so that it opens in an organisation with many. It went through each page
-- of all documents, a second a thousand on a busy machine, and beyond some thousands it answered 503 where the form stands. The erasure itself looks through all, in steps.
drop function privacy_contact(uuid);
create function privacy_contact(p_id uuid) returns table (id uuid, name text, typed text, documents bigint, more boolean) language plpgsql stable as $$
declare
	v_most constant int := 1000;
	c public.contacts;
	w jsonb;
begin
	select * into c from public.contacts x where x.org_id = public.fl_org() and x.id = p_id;
	if c.id is null then
		return;
	end if;
	w := public.privacy_words(c.id, array[coalesce(c.email, '')], array[coalesce(c.phone, '')], array[c.name]);
	return query select c.id, coalesce(nullif(c.name, ''), c.email, c.phone, ''), coalesce(c.email, nullif(c.name, ''), c.phone, ''),
		(select count(*) from (
			select d.id from (select x.id, x.name from public.documents x where x.org_id = c.org_id order by x.id desc limit v_most) d where public.privacy_hit(d.name, w)
			union select g.document_id from (select x.document_id, x.body from public.document_pages x where x.org_id = c.org_id order by x.document_id desc, x.page desc limit v_most) g
				where public.privacy_hit(g.body, w)) n),
		exists (select from public.documents x where x.org_id = c.org_id offset v_most) or exists (select from public.document_pages x where x.org_id = c.org_id offset v_most);
end
$$;
select fl_definer_function('privacy_contact(uuid)');
