-- Which of these files no row of the organisation names: the command line looks at files by the hundred.
drop function document_names(uuid, text);
create function document_unnamed(p_org uuid, p_hashes text[]) returns table (hash text) language plpgsql stable as $$
begin
	return query select h from unnest(p_hashes) h where not exists (select from public.documents d where d.org_id = p_org and d.hash = h)
		and not exists (select from public.documents d where d.org_id = p_org and d.archive = h)
		and not exists (select from public.document_pages g where g.org_id = p_org and g.image = h);
end
$$;
select fl_definer_function('document_unnamed(uuid, text[])', 'fl_owner');
