-- A change of the model of embeddings: all documents get vectors of the new one, however many they are, and what the old one made goes when it was not configured for
-- thirty days; until then going back costs nothing.

alter table vector_stores add column wanted_at timestamptz not null default now(); -- when it was last the model that is configured, told daily

-- Once a day and organisation: documents without vectors of the model are embedded, the latest first, a thousand at a time (more: again in ten minutes); those read before
-- there were passages are cut; vectors of no passage, and of a model nobody wants any more, are forgotten, and the log is tidied.
create or replace function vector_tend(p_model text) returns void language plpgsql as $$
declare
	v_gone bigint;
	n bigint;
begin
	perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', d.id), 7, null, 'chunk:' || d.id) from (select x.id from documents x
		where x.org_id = fl_org() and x.status = 'COMPLETED' and x.chunked_at is null order by x.id limit 1000) d;
	select count(fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', d.document_id), 7, null, 'embed:' || d.document_id)) into n
		from (select distinct c.document_id from chunks c where c.org_id = fl_org()
			and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) order by c.document_id desc limit 1000) d;
	if n = 1000 then
		perform fl_enqueue('document-embedding', 'vector.tend', '{"more": true}', 8, now() + interval '10 minutes', 'tend:more');
	end if;
	delete from embeddings e where e.org_id = fl_org() and e.updated_at < now() - interval '1 day' and not exists (select from chunks c where c.org_id = e.org_id and c.hash = e.hash);
	update vector_stores s set wanted_at = now() where s.org_id = fl_org() and s.model = p_model;
	perform vector_model_forget(s.model) from (select x.model from vector_stores x where x.org_id = fl_org() and x.wanted_at < now() - interval '30 days' order by x.model for update) s;
	for p_model in select s.model from vector_stores s where s.org_id = fl_org() order by s.model loop
		with tidied as (
			delete from vector_log l where l.org_id = fl_org() and l.model = p_model and l.gone and l.created_at < now() - interval '7 days' returning l.seq
		)
		select max(t.seq) into v_gone from tidied t;
		update vector_stores s set floor = v_gone where s.org_id = fl_org() and s.model = p_model and s.floor < v_gone;
	end loop;
end
$$;

-- What a model made goes, here and in copies elsewhere; the files of the machines follow when they are looked after.
create function vector_model_forget(p_model text) returns void language plpgsql as $$
begin
	if to_regclass('public.chunk_vectors') is not null then
		execute 'delete from chunk_vectors where org_id = fl_org() and model = $1' using p_model;
	end if;
	delete from vector_copies c where c.org_id = fl_org() and c.model = p_model;
	delete from vector_log l where l.org_id = fl_org() and l.model = p_model;
	delete from embeddings e where e.org_id = fl_org() and e.model = p_model;
	delete from vector_stores s where s.org_id = fl_org() and s.model = p_model;
end
$$;
