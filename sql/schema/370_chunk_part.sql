-- Passages of a long document are made in parts, each a job of its own: memory stays bounded and none takes long (QUE-18).

drop function chunk_save(uuid, text, jsonb);

-- Keeps the passages of the pages after p_after up to p_upto, or to the end when it is null; else the next part follows, under the heading p_heading. As in 232.
create function chunk_save(p_id uuid, p_seen text, p_pages jsonb, p_after bigint, p_upto bigint, p_heading text) returns void language plpgsql as $$
declare
	v_old boolean;
begin
	select d.superseded into v_old from documents d where d.org_id = fl_org() and d.id = p_id for update;
	if not found then
		return;
	end if;
	if p_seen is distinct from (select max(g.updated_at)::text from document_pages g where g.org_id = fl_org() and g.document_id = p_id) then
		perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id), 4);
		return;
	end if;
	delete from chunks c where c.org_id = fl_org() and c.document_id = p_id and c.page > p_after and (p_upto is null or c.page <= p_upto) and (v_old or not exists (select from chunk_rows(p_pages) n
		where (n.page, n.from_char, n.to_char, n.hash, n.heading) = (c.page, c.from_char, c.to_char, c.hash, c.heading)));
	insert into chunks (org_id, document_id, page, from_char, to_char, word_from, word_to, heading, body, hash, found)
		select fl_org(), p_id, n.page, n.from_char, n.to_char, n.word_from, n.word_to, n.heading, n.body, n.hash, document_words(n.body) from chunk_rows(p_pages) n where not v_old
		on conflict (org_id, document_id, page, from_char, to_char) do nothing;
	insert into page_places (org_id, document_id, page, places)
		select fl_org(), p_id, (g.p ->> 'page')::int, array(select v::int from jsonb_array_elements_text(g.p -> 'places') v) from jsonb_array_elements(p_pages) g(p)
		on conflict (org_id, document_id, page) do update set places = excluded.places;
	update documents set chunked_at = now(), embedded_at = null, updated_at = now() where org_id = fl_org() and id = p_id;
	if p_upto is null then
		perform fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', p_id), 6, null, 'embed:' || p_id);
	else
		perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', p_id, 'after', p_upto, 'heading', p_heading), 4);
	end if;
end
$$;
