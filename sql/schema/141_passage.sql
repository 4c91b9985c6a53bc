-- Passages that answer a question (RAG-06, 07, 08, 13): by words, by nearness, both ranks fused. Full text is not leakproof: under row-level security it
-- would lose its index, so passage_find runs as the definer and names the organisation itself.

-- The kinds of documents a search can be narrowed to.
create function document_kind(p_type text) returns text language sql immutable parallel safe as $$
	select case when p_type = 'application/pdf' then 'pdf' when p_type like 'image/%' then 'image' when p_type like 'video/%' then 'video' when p_type = 'text/html' then 'page'
		when p_type like 'text/%' then 'text' when p_type = 'message/rfc822' then 'mail' else 'office' end
$$;

-- What asks for all the words: as they are, the last one as a beginning, or their stems; in quotes, in that order. Null: nothing to search for.
create function passage_strict(p_ask text) returns tsquery language plpgsql immutable parallel safe as $$
declare
	v_ask tsquery := public.search_query(p_ask);
begin
	if position('"' in p_ask) > 0 then
		v_ask := websearch_to_tsquery('simple', public.search_plain(p_ask));
	elsif v_ask is not null then
		v_ask := v_ask || websearch_to_tsquery('english', p_ask) || websearch_to_tsquery('spanish', p_ask);
	end if;
	return case when numnode(v_ask) > 0 then v_ask end;
end
$$;

-- The words of a question with their stems, in how many passages they stand and what that is worth; rarest first. Little words are left out.
create function passage_words(p_org uuid, p_ask text) returns table (forms tsquery, n bigint, weight float8) language sql stable as $$
	with words as (
		select distinct w, array_remove(array[w] || tsvector_to_array(to_tsvector('english', w)) || tsvector_to_array(to_tsvector('spanish', w)), '') as forms
		from unnest((regexp_split_to_array(public.search_plain(left(p_ask, 1000)), '[^[:alnum:]]+'))[1:60]) w
		where w <> '' and to_tsvector('english', w) <> '' and to_tsvector('spanish', w) <> ''
	), counted as (
		select w.forms, (select max(c.chunks) from public.chunk_words c where c.org_id = p_org and c.word = any (w.forms)) as n from words w
	)
	select (select string_agg(quote_literal(f), ' | ')::tsquery from unnest(c.forms) f), c.n,
		ln(1 + (select s.chunks from public.chunk_sums s where s.org_id = p_org) / (0.5 + c.n))
	from counted c where c.n > 0 order by c.n limit 12
$$;

-- One to three lines of a passage around what was asked, where they begin, and the words that were found in them.
create function passage_quote(p_body text, p_ask tsquery, out quote text, out at int, out marks jsonb) language plpgsql stable as $$
declare
	v_head text := ts_headline(public.document_language(p_body), p_body, p_ask, 'StartSel="' || chr(2) || '", StopSel="' || chr(3) || '", MaxWords=40, MinWords=20, ShortWord=0, MaxFragments=1');
begin
	quote := translate(v_head, chr(2) || chr(3), '');
	at := position(quote in p_body) - 1;
	if at < 0 then -- the parser left out what it took for a tag
		quote := left(p_body, 300);
		at := 0;
	end if;
	marks := coalesce((select jsonb_agg(distinct m[1]) from regexp_matches(v_head, chr(2) || '([^' || chr(3) || ']+)', 'g') m), '[]');
end
$$;

-- p_filter: {"documents": [ids], "kind", "since", "until"}, all optional. p_near: [{"id", "score"}], nearest first, from the vectors; what of it does not
-- exist any more or may not be seen falls out here. Ranks are fused by reciprocal rank (Cormack, Clarke, Buettcher 2009; k = 60).
create function passage_find(p_ask text, p_filter jsonb, p_near jsonb, p_k bigint)
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
		select d.id, d.name from public.documents d where d.org_id = v_org and d.status not in ('QUARANTINED', 'INFECTED')
			and (v_documents is null or d.id = any (v_documents))
			and (p_filter ->> 'kind' is null or public.document_kind(d.type) = p_filter ->> 'kind')
			and (p_filter ->> 'since' is null or d.created_at >= (p_filter ->> 'since')::date)
			and (p_filter ->> 'until' is null or d.created_at < (p_filter ->> 'until')::date + 1)
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
