-- The tables of a page by one source, in place of those it found before; one that is as before keeps its id. A model's cell counts when the page says it. What a person
-- touched stays, and nothing is put over it. (One left out for that made null of the list of those kept: the others of its page stood there once more after each look.)
create or replace function document_tables_found(p_id uuid, p_page int, p_source text, p_model text, p_tables jsonb) returns void language plpgsql as $$
declare
	v_text text := (select document_bare(string_agg(o.v ->> 5, '' order by o.n)) from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page);
	v_kept uuid[] := '{}';
	v_id uuid;
	n record;
begin
	for n in select o.n, left(coalesce(t.title, ''), 200) as title, t.columns, t.rows, coalesce(t.sure, (select avg((strpos(v_text, document_bare(c.v)) > 0)::int)
				from jsonb_array_elements(t.rows) r(v), jsonb_array_elements_text(r.v) c(v) where document_bare(c.v) <> ''), 0) as sure,
				coalesce(t.places, document_table_places(p_id, p_page, t.columns, t.rows)) as places
			from jsonb_array_elements(p_tables) with ordinality o(v, n), jsonb_to_record(o.v) t(title text, columns jsonb, rows jsonb, places jsonb, sure float8)
			where exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = p_page) loop
		v_id := null;
		update document_tables t set n = n.n, confidence = n.sure, model = p_model where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.source = p_source and t.touched_at is null
			and (t.title, t.columns, t.rows, t.places) = (n.title, n.columns, n.rows, n.places) and not t.id = any(v_kept) returning t.id into v_id;
		if v_id is null then
			insert into document_tables (org_id, document_id, page, n, source, model, title, columns, rows, confidence, places, x, y, w, h)
				select fl_org(), p_id, p_page, n.n, p_source, p_model, n.title, n.columns, n.rows, n.sure, n.places, b.x, b.y, b.w, b.h from document_places_box(n.places) b
				where not exists (select from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.touched_at is not null
					and coalesce(t.x < b.x + b.w and b.x < t.x + t.w and t.y < b.y + b.h and b.y < t.y + t.h, true))
				returning id into v_id;
		end if;
		if v_id is not null then
			v_kept := v_kept || v_id;
		end if;
	end loop;
	delete from document_tables t where t.org_id = fl_org() and t.document_id = p_id and t.page = p_page and t.source = p_source and t.touched_at is null and not t.id = any(v_kept);
end
$$;
