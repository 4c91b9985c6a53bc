-- Words of a question that stand in no passage count as those they are spelled like (RAG-07): the nearest by trigrams, at most two letters off.
create extension if not exists pg_trgm;
create extension if not exists fuzzystrmatch;
create index chunk_words_like on chunk_words using gist (org_id, word gist_trgm_ops);

-- What an unknown word may have meant, and in how many passages that stands.
create function passage_spelled(p_org uuid, p_word text) returns table (forms text[], n bigint) language sql stable as $$
	select array_agg(k.word), sum(k.chunks)::bigint from (
		select w.word, w.chunks from public.chunk_words w where w.org_id = p_org and length(p_word) between 4 and 40 order by w.word OPERATOR(public.<->) p_word limit 6
	) k where k.chunks > 0 and public.levenshtein_less_equal(k.word, p_word, 2) <= case when left(k.word, 1) = left(p_word, 1) and length(p_word) > 4 then 2 else 1 end
$$;

-- As in 141, and words that are unknown.
create or replace function passage_words(p_org uuid, p_ask text) returns table (forms tsquery, n bigint, weight float8) language sql stable as $$
	with words as (
		select distinct w, array_remove(array[w] || tsvector_to_array(to_tsvector('english', w)) || tsvector_to_array(to_tsvector('spanish', w)), '') as forms
		from unnest((regexp_split_to_array(public.search_plain(left(p_ask, 1000)), '[^[:alnum:]]+'))[1:60]) w
		where w <> '' and to_tsvector('english', w) <> '' and to_tsvector('spanish', w) <> ''
	), counted as (
		select w.w, w.forms, (select max(c.chunks) from public.chunk_words c where c.org_id = p_org and c.word = any (w.forms)) as n from words w
	), known as (
		select c.forms, c.n, 1.0 as sure from counted c where c.n > 0
		union all
		select s.forms, s.n, 0.7 from (select c.w from counted c where coalesce(c.n, 0) = 0 limit 12) c, public.passage_spelled(p_org, c.w) s where s.n > 0
	)
	select (select string_agg(quote_literal(f), ' | ')::tsquery from unnest(k.forms) f), k.n,
		k.sure * ln(1 + (select s.chunks from public.chunk_sums s where s.org_id = p_org) / (0.5 + k.n))
	from known k order by k.n limit 12
$$;
