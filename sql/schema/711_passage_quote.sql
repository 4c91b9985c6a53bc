-- The quote of a passage is its sentences that hold most of what was asked for, whole; words are put right only where they are likely meant.

-- ts_headline ended after some words, often just before the answer ("Error E4 means that the water"), and began at whatever word of the question came first.
drop function passage_quote(text, tsquery);
create function passage_quote(p_body text, p_ask tsquery, p_forms tsquery[], p_weights float8[], out quote text, out at int, out marks jsonb) language plpgsql stable as $$
declare
	v_language regconfig := public.document_language(left(p_body, 400));
	-- as its words are kept; letter for letter, so that places are the same
	v_plain text := case when octet_length(p_body) = length(p_body) then lower(p_body) else public.search_plain(p_body) end;
	v_head text;
begin
	if length(v_plain) <> length(p_body) then
		v_plain := p_body;
	end if;
	-- from each sentence on, as many whole ones as make three lines: those that hold the most, of these the first that begins with a word asked for
	with sentences as (
		select s.n, length(s.m[1]) as size, sum(length(s.m[1])) over (order by s.n) as ends, to_tsvector(v_language, s.m[1]) as found
		from regexp_matches(v_plain, '[^.!?\n]+(?:[.!?]+(?!\s)[^.!?\n]*)*[.!?]*\s*|[.!?\n]+\s*', 'g') with ordinality s(m, n)
	), held as (
		select s.n, s.ends - s.size as begins, s.ends, f.i, f.weight from sentences s
			left join unnest(p_forms, p_weights) with ordinality f(forms, weight, i) on s.found @@ f.forms
	), spans as (
		select a.begins, max(b.ends) as ends, array_agg(distinct b.i) filter (where b.i is not null) as words
		from (select distinct h.n, h.begins from held h where h.i is not null) a join held b on b.n >= a.n and (b.n = a.n or b.ends <= a.begins + 320)
		group by a.n, a.begins
	)
	select rtrim(substr(p_body, s.begins::int + 1, (s.ends - s.begins)::int), E' \n\t\r'), s.begins into quote, at
		from spans s order by (select sum(p_weights[w]) from unnest(s.words) w) desc, s.begins limit 1;
	if quote is null or length(quote) > 400 then
		v_head := ts_headline(v_language, coalesce(quote, p_body), p_ask, 'StartSel="", StopSel="", MaxWords=50, MinWords=25, ShortWord=0, MaxFragments=1');
		at := case when position(v_head in p_body) = 0 then 0 else coalesce(at, 0) + position(v_head in coalesce(quote, p_body)) - 1 end;
		quote := case when position(v_head in p_body) = 0 then left(p_body, 300) else v_head end; -- its parser left out what it took for a tag
	end if;
	v_head := ts_headline(v_language, quote, p_ask, 'StartSel="' || chr(2) || '", StopSel="' || chr(3) || '", HighlightAll=true');
	marks := coalesce((select jsonb_agg(distinct m[1]) from regexp_matches(v_head, chr(2) || '([^' || chr(3) || ']+)', 'g') m), '[]');
end
$$;

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
		public.passage_quote(c.body, coalesce(v_strict || v_wide, v_strict, v_wide, ''::tsquery), v_forms, v_weights) q order by c.score desc, c.id;
end
$$;

create function letters_of(p_word text) returns text[] language sql immutable parallel safe as $$
	select array(select l from regexp_split_to_table(p_word, '') l order by l)
$$;

-- "bread" was taken for "read", "bake" for "take", "quien" for "quick": a slip of the finger seldom changes the first letter, and in a short word it is one letter or two that changed places.
create or replace function passage_spelled(p_org uuid, p_word text) returns table (forms text[], n bigint) language sql stable as $$
	select array_agg(k.word), sum(k.chunks)::bigint from (
		select w.word, w.chunks from public.chunk_words w where w.org_id = p_org and length(p_word) between 4 and 40 order by w.word OPERATOR(public.<->) p_word limit 6
	) k where k.chunks > 0 and left(k.word, 1) = left(p_word, 1) and public.levenshtein_less_equal(k.word, p_word, 2)
		<= case when length(p_word) > 5 or public.letters_of(k.word) = public.letters_of(p_word) then 2 else 1 end
$$;
