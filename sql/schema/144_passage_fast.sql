-- The search over many passages: what is ranked is bounded, documents are looked at only where they matter: where a filter or a scope (117) narrows.

-- One to three lines of a passage around what was asked, where they begin, and the words that were found in them.
create or replace function passage_quote(p_body text, p_ask tsquery, out quote text, out at int, out marks jsonb) language plpgsql stable as $$
declare
	v_head text := ts_headline(public.document_language(left(p_body, 400)), p_body, p_ask, 'StartSel="' || chr(2) || '", StopSel="' || chr(3) || '", MaxWords=40, MinWords=20, ShortWord=0, MaxFragments=1');
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
	v_narrow boolean := p_filter <> '{}' or not public.fl_unscoped();
	v_documents uuid[] := (select array_agg(d.id) from public.passage_documents(v_org, p_filter) d where p_filter <> '{}' or not public.fl_unscoped());
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
		-- any of the rare words is worth a look, of the others all: a question of common words reads no more than some hundred rows
		if v_wide is null or v_sum <= 600 then
			v_wide := coalesce(v_wide || w.forms, w.forms);
		end if;
	end loop;
	if v_forms[2] is not null and v_sum > 600 and v_wide = v_forms[1] then
		v_wide := v_forms[1] && v_forms[2];
	end if;
	v_wide := case when position('"' in p_ask) = 0 then v_wide end;
	return query with held as materialized (
		(select c.id from public.chunks c where c.org_id = v_org and c.found @@ v_strict and (not v_narrow or c.document_id = any (v_documents)) limit 300)
		union
		(select c.id from public.chunks c where c.org_id = v_org and c.found @@ v_wide and (not v_narrow or c.document_id = any (v_documents)) limit 300)
	), ranked as materialized ( -- fetched and unpacked once, ranked by each word
		select h.id, c.found || ''::tsvector as found from held h join public.chunks c on c.org_id = v_org and c.id = h.id
	), texts as (
		select h.id, row_number() over (order by coalesce((select sum(u.weight * ts_rank(h.found, u.forms)) from unnest(v_forms, v_weights) u(forms, weight)), 0)
			+ coalesce(ts_rank_cd(h.found, v_strict), 0) desc, h.id) as rank
		from ranked h order by rank limit 100
	), nears as (
		select c.id, row_number() over (order by e.n) as rank from jsonb_array_elements(p_near) with ordinality e(v, n)
			join public.chunks c on c.org_id = v_org and c.id = (e.v ->> 'id')::uuid and (not v_narrow or c.document_id = any (v_documents))
	), fused as (
		select coalesce(t.id, r.id) as id, coalesce(1.0 / (60 + t.rank), 0) + coalesce(1.0 / (60 + r.rank), 0) as score, t.id is not null as by_text, r.id is not null as by_vector
		from texts t full join nears r on r.id = t.id order by 2 desc, 1 limit p_k + 10
	)
	select c.id, c.document_id, c.name, c.page, c.heading, c.body, q.quote, q.marks, c.from_char + q.at, c.from_char + q.at + length(q.quote), c.score::float8, c.by_text, c.by_vector
	from (select f.*, c.document_id, c.page, c.heading, c.body, c.from_char, d.name from fused f join public.chunks c on c.org_id = v_org and c.id = f.id
			join public.documents d on d.org_id = v_org and d.id = c.document_id and d.status not in ('QUARANTINED', 'INFECTED') order by f.score desc, f.id limit p_k) c,
		public.passage_quote(c.body, coalesce(v_strict || v_wide, v_strict, v_wide, ''::tsquery)) q order by c.score desc, c.id;
end
$$;
select fl_definer_function('passage_find(text, jsonb, jsonb, bigint)');
