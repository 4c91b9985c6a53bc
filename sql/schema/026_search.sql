-- Search over requests, contacts and pipelines (ux.md 1.0). Words are indexed as they are ('simple'), without their accents and without endings cut
-- off, so that one index serves every language; the last word of a question is taken as a beginning.
--
-- Requests are indexed afterwards, by a sweep: making and indexing the words costs some 60 us a request (5,000 in 0.3 s), about as much as the whole
-- transaction on the way in. What the sweep has not reached yet (up to a minute) is found by reading the newest 100 unindexed requests themselves.

create table search_entries (
	org_id uuid not null references organizations,
	kind text not null check (kind in ('intake', 'contact')),
	id uuid not null,
	words tsvector not null,
	primary key (org_id, kind, id)
);
create index search_entries_words on search_entries using gin (words);
select fl_tenant_table('search_entries', 'select');

-- How far the sweep has come in each organisation.
create table search_marks (
	org_id uuid primary key references organizations,
	intake_id uuid not null default '00000000-0000-0000-0000-000000000000',
	contact_at timestamptz not null default '-infinity'
);
select fl_tenant_table('search_marks', 'select');

-- Letters without accents, lower case.
create function search_plain(p_text text) returns text language sql immutable parallel safe as $$
	select translate(lower(p_text), 'áàâäãåāăąçćčďđéèêëēėęěğíìîïīįłľñńňóòôöõøōőřŕśšşťţúùûüūůűųýÿźžż',
		'aaaaaaaaacccddeeeeeeeegiiiiiillnnnoooooooorrsssttuuuuuuuuyyzzz')
$$;

-- What is asked: every word must be there, the last one as a beginning. Null: nothing that could be searched for.
create function search_query(p_text text) returns tsquery language plpgsql immutable parallel safe as $$
declare
	v_words text[] := array(select w from unnest(regexp_split_to_array(public.search_plain(p_text), '[^[:alnum:]]+')) w where w <> '');
begin
	if cardinality(v_words) = 0 then
		return null;
	end if;
	return to_tsquery('simple', array_to_string(v_words[1:12], ' & ') || ':*');
end
$$;

-- The words of a text as they are asked for: only letters and digits, so that addresses and hosts fall into their parts.
create function search_words(p_text text) returns tsvector language sql immutable parallel safe as $$
	select to_tsvector('simple', regexp_replace(public.search_plain(p_text), '[^[:alnum:]]+', ' ', 'g'))
$$;

create function search_intake_words(r intake_requests) returns tsvector language sql immutable parallel safe as $$
	select setweight(public.search_words('req ' || r.number || ' ' || r.subject), 'A')
		|| setweight(public.search_words(concat_ws(' ', r.requester_name, r.requester_email, r.requester_phone)), 'B')
		|| setweight(public.search_words(left(r.body, 20000)), 'D')
$$;

-- Indexes what came since the last time; subjects and texts of requests do not change afterwards.
create function sweep_search() returns bigint language plpgsql as $$
declare
	o record;
	v_id uuid;
	v_at timestamptz;
	v_n bigint;
	v_done bigint := 0;
begin
	for o in select g.id, coalesce(m.intake_id, '00000000-0000-0000-0000-000000000000') as intake_id, coalesce(m.contact_at, '-infinity') as contact_at
			from public.organizations g left join public.search_marks m on m.org_id = g.id order by g.id loop
		-- transactions still open may yet bring smaller ids: five seconds are left to them
		with taken as (
			select r.id, public.search_intake_words(r) as words from public.intake_requests r
				where r.org_id = o.id and r.id > o.intake_id and r.id < public.uuid_at(now() - interval '5 seconds') order by r.id limit 5000
		), kept as (
			insert into public.search_entries (org_id, kind, id, words) select o.id, 'intake', t.id, t.words from taken t
				on conflict (org_id, kind, id) do update set words = excluded.words returning id
		)
		select count(*), (array_agg(id order by id desc))[1] into v_n, v_id from kept;
		v_done := v_done + v_n;
		with taken as (
			select c.id, c.updated_at, public.search_words(concat_ws(' ', c.name, c.email, c.phone, c.company)) as words
				from public.contacts c where c.org_id = o.id and c.updated_at > o.contact_at order by c.updated_at limit 5000
		), kept as (
			insert into public.search_entries (org_id, kind, id, words) select o.id, 'contact', t.id, t.words from taken t
				on conflict (org_id, kind, id) do update set words = excluded.words returning id
		)
		select count(*), (select max(t.updated_at) from taken t) into v_n, v_at from kept;
		v_done := v_done + v_n;
		insert into public.search_marks as m (org_id, intake_id, contact_at) values (o.id, coalesce(v_id, o.intake_id), coalesce(v_at, o.contact_at))
			on conflict (org_id) do update set intake_id = excluded.intake_id, contact_at = excluded.contact_at
				where (m.intake_id, m.contact_at) is distinct from (excluded.intake_id, excluded.contact_at);
	end loop;
	return v_done;
end
$$;
select fl_definer_function('sweep_search()', 'fl_sweep');

-- The words of a text that the question found, as a JSON array for the format "marks".
create function search_marks_of(p_text text, p_ask text) returns jsonb language sql immutable parallel safe as $$
	select coalesce(jsonb_agg(distinct t.w), '[]') from regexp_split_to_table(p_text, '[^[:alnum:]]+') t(w)
		where t.w <> '' and exists (select from unnest(regexp_split_to_array(public.search_plain(p_ask), '[^[:alnum:]]+')) a
			where a <> '' and public.search_plain(t.w) like a || '%')
$$;

-- Requests that hold all the words, newest first. Full text is not leakproof: under row-level security it would lose its index, so this runs as the
-- definer and names the organisation itself.
create function search_intake(p_ask text, p_after uuid, p_limit bigint) returns table (id uuid, number bigint, subject text, excerpt text, requester text,
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
				order by e.id desc limit p_limit)
			union
			(select f.id from (select r.* from public.intake_requests r where r.org_id = v_org
				and r.id > coalesce(v_mark, '00000000-0000-0000-0000-000000000000') and (p_after is null or r.id < p_after) order by r.id desc limit 100) f
				where public.search_intake_words(f::public.intake_requests) @@ v_ask limit p_limit)
		)
		select r.id, r.number, r.subject, ts_headline('simple', left(regexp_replace(r.body, '\s+', ' ', 'g'), 2000), v_ask,
				'StartSel="", StopSel="", MaxWords=28, MinWords=14, MaxFragments=1'), coalesce(r.requester_name, r.requester_email), r.status, r.created_at
			from found f join public.intake_requests r on r.org_id = v_org and r.id = f.id order by r.id desc limit p_limit;
end
$$;
select fl_definer_function('search_intake(text, uuid, bigint)');

create function search_contacts(p_ask text, p_limit bigint) returns table (id uuid, name text, email text, company text) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
begin
	if v_org is null or v_ask is null or not public.fl_can('contact.read') then
		return;
	end if;
	return query select c.id, c.name, c.email, c.company from public.search_entries e join public.contacts c on c.org_id = v_org and c.id = e.id
		where e.org_id = v_org and e.kind = 'contact' and e.words @@ v_ask order by c.name, c.id limit p_limit;
end
$$;
select fl_definer_function('search_contacts(text, bigint)');
