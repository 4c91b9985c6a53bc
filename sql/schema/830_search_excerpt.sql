-- What is shown of a request's text says where it was cut: "parcel came back. I ask for" began in the middle of a sentence, and nothing told so.

create function search_excerpt(p_body text, p_ask tsquery) returns text language plpgsql stable as $$
declare
	v_body text := btrim(regexp_replace(p_body, '\s+', ' ', 'g'));
	v_part text := btrim(ts_headline('simple', left(v_body, 2000), p_ask, 'StartSel="", StopSel="", MaxWords=28, MinWords=14, MaxFragments=1'));
begin
	return case when starts_with(v_body, v_part) then '' else '… ' end || v_part || case when right(v_body, length(v_part)) = v_part then '' else ' …' end;
end
$$;

create or replace function search_intake(p_ask text, p_after uuid, p_limit bigint) returns table (id uuid, number bigint, subject text, excerpt text, requester text,
	status text, created_at timestamptz) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
	v_mark uuid;
begin
	if v_org is null or v_ask is null then
		return;
	end if;
	select m.intake_id into v_mark from public.search_marks m where m.org_id = v_org;
	return query
		with found as (
			(select e.id from public.search_entries e where e.org_id = v_org and e.kind = 'intake' and e.words @@ v_ask and (p_after is null or e.id < p_after)
				and (public.fl_unscoped() or public.intake_open(e.id))
				order by e.id desc limit p_limit)
			union
			(select f.id from (select r.* from public.intake_requests r where r.org_id = v_org
				and r.id > coalesce(v_mark, '00000000-0000-0000-0000-000000000000') and (p_after is null or r.id < p_after) order by r.id desc limit 100) f
				where public.search_intake_words(f::public.intake_requests) @@ v_ask limit p_limit)
		)
		select r.id, r.number, r.subject, public.search_excerpt(r.body, v_ask), coalesce(r.requester_name, r.requester_email), r.status, r.created_at
			from found f join public.intake_requests r on r.org_id = v_org and r.id = f.id order by r.id desc limit p_limit;
end
$$;
