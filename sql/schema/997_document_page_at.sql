-- A search inside a document begins where it first finds something.

-- Which page is meant: the one asked for; with 0 the first that holds the words looked for, else the first.
create function document_page_at(p_id uuid, p_page bigint, p_find text) returns bigint language plpgsql stable as $$
begin
	if p_page > 0 then
		return p_page;
	end if;
	return coalesce((select min(g.page) from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.found @@ search_query(p_find)), 1);
end
$$;
