-- The documents a search may look into, and the search over all.

-- Documents of an organisation that p_filter allows: {"documents": [ids], "kind", "since", "until", "pipeline", "contact"}, all
-- optional; pipeline and contact are those of the requests it came with.
create function passage_documents(p_org uuid, p_filter jsonb) returns table (id uuid, name text) language plpgsql stable as $$
declare
	v_documents uuid[] := (select array_agg(v::uuid) from jsonb_array_elements_text(p_filter -> 'documents') v);
begin
	return query select d.id, d.name from public.documents d where d.org_id = p_org and d.status not in ('QUARANTINED', 'INFECTED')
		and (v_documents is null or d.id = any (v_documents))
		and (p_filter ->> 'kind' is null or public.document_kind(d.type) = p_filter ->> 'kind')
		and (p_filter ->> 'since' is null or d.created_at >= (p_filter ->> 'since')::date)
		and (p_filter ->> 'until' is null or d.created_at < (p_filter ->> 'until')::date + 1)
		and (num_nonnulls(p_filter ->> 'pipeline', p_filter ->> 'contact') = 0 or exists (select from public.intake_files f
			join public.intake_requests r on r.org_id = f.org_id and r.id = f.intake_id where f.org_id = p_org and f.document_id = d.id
				and (p_filter ->> 'pipeline' is null or r.pipeline_id = (p_filter ->> 'pipeline')::uuid)
				and (p_filter ->> 'contact' is null or r.contact_id = (p_filter ->> 'contact')::uuid)));
end
$$;

-- p_filter: as of passage_documents. p_near: [{"id", "score"}], nearest first, from the vectors; what of it does not
-- exist any more or may not be seen falls out here. Ranks are fused by reciprocal rank (Cormack, Clarke, Buettcher 2009; k = 60).
create or replace function passage_find(p_ask text, p_filter jsonb, p_near jsonb, p_k bigint)
		returns table (id uuid, document_id uuid, name text, page int, heading text, body text, quote text, quote_marks jsonb, from_char int, to_char int,
			score float8, by_text boolean, by_vector boolean)
		language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_strict tsquery := public.passage_strict(p_ask);
	v_wide tsquery;
	v_forms tsquery[] := '{}';
	v_weights float8[] := '{}';
	v_documents uuid[] := (select array_agg(v::uuid) from jsonb_array_elements_text(p_filter -> 'documents') v);
	v_sum bigint := 0;
	w record;
begin
	if v_org is null or not public.fl_can('document.read') then
		return;
	end if;
	for w in select * from public.passage_words(v_org, p_ask) loop
		v_forms := v_forms || w.forms;
		v_weights := v_weights || w.weight;
		v_sum := v_sum + w.n;
		-- any of the rare words is worth a look, of the others all; so a question of common words reads no more than a few thousand rows
		if v_wide is null or v_sum <= 3000 then
			v_wide := coalesce(v_wide || w.forms, w.forms);
		end if;
	end loop;
	if v_forms[2] is not null and v_sum > 3000 and v_wide = v_forms[1] then
		v_wide := v_forms[1] && v_forms[2];
	end if;
	v_wide := case when position('"' in p_ask) = 0 then v_wide end;
	return query with allowed as (
		select a.id, a.name from public.passage_documents(v_org, p_filter) a
	), held as (
		(select c.id, c.document_id, c.found from public.chunks c where c.org_id = v_org and c.found @@ v_strict
			and (v_documents is null or c.document_id = any (v_documents)) limit 1000)
		union all
		(select c.id, c.document_id, c.found from public.chunks c where c.org_id = v_org and c.found @@ v_wide and not coalesce(c.found @@ v_strict, false)
			and (v_documents is null or c.document_id = any (v_documents)) limit 3000)
	), texts as (
		select h.id, row_number() over (order by coalesce((select sum(u.weight * ts_rank(h.found, u.forms)) from unnest(v_forms, v_weights) u(forms, weight)), 0)
			+ coalesce(ts_rank_cd(h.found, v_strict), 0) desc, h.id) as rank
		from held h where exists (select from allowed a where a.id = h.document_id) order by rank limit 100
	), nears as (
		select c.id, row_number() over (order by e.n) as rank from jsonb_array_elements(p_near) with ordinality e(v, n)
			join public.chunks c on c.org_id = v_org and c.id = (e.v ->> 'id')::uuid
			where exists (select from allowed a where a.id = c.document_id)
	), fused as (
		select coalesce(t.id, r.id) as id, coalesce(1.0 / (60 + t.rank), 0) + coalesce(1.0 / (60 + r.rank), 0) as score, t.id is not null as by_text, r.id is not null as by_vector
		from texts t full join nears r on r.id = t.id order by 2 desc, 1 limit p_k
	)
	select c.id, c.document_id, d.name, c.page, c.heading, c.body, q.quote, q.marks, c.from_char + q.at, c.from_char + q.at + length(q.quote), f.score::float8, f.by_text, f.by_vector
	from fused f join public.chunks c on c.org_id = v_org and c.id = f.id join public.documents d on d.org_id = v_org and d.id = c.document_id,
		public.passage_quote(c.body, coalesce(v_strict || v_wide, v_strict, v_wide, ''::tsquery)) q order by f.score desc, f.id;
end
$$;
select fl_definer_function('passage_find(text, jsonb, jsonb, bigint)');

-- The global search looks into tasks and names of documents too.
create index tasks_words on tasks using gin (search_words(title));
create index documents_words on documents using gin (search_words(name));

create function search_tasks(p_ask text, p_limit bigint) returns table (id uuid, title text, status text) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
begin
	if v_org is null or v_ask is null or not public.fl_can('task.read') then
		return;
	end if;
	return query select t.id, t.title, t.status from public.tasks t where t.org_id = v_org and public.search_words(t.title) @@ v_ask order by t.id desc limit p_limit;
end
$$;
select fl_definer_function('search_tasks(text, bigint)');

create function search_documents(p_ask text, p_limit bigint) returns table (id uuid, name text, created_at timestamptz) language plpgsql stable as $$
declare
	v_org uuid := public.fl_org();
	v_ask tsquery := public.search_query(p_ask);
begin
	if v_org is null or v_ask is null or not public.fl_can('document.read') then
		return;
	end if;
	return query select d.id, d.name, d.created_at from public.documents d where d.org_id = v_org and public.search_words(d.name) @@ v_ask order by d.id desc limit p_limit;
end
$$;
select fl_definer_function('search_documents(text, bigint)');
