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

