-- The pages of a long document stand in line a few at a time: each that was read sends the next one to the end of the line. A letter of one page then
-- waits for a few pages of a book of five hundred, not for all of them.

-- The last page that was sent to be read; null: all were, before this.
alter table documents add column pages_asked int;

-- How many pages of a document wait or are read at once: enough that no process that may read has nothing to do.
create function document_page_window() returns int language plpgsql stable as $$
begin
	return (select greatest(4, 2 * q.concurrency) from queues q where q.name = 'document-processing');
end
$$;

-- Sends the next pages that were not read yet, at most p_most of them; the last page that was sent so far.
create function document_page_ask(p_id uuid, p_asked bigint, p_pages bigint, p_most bigint) returns int language plpgsql as $$
declare
	v_next bigint[];
begin
	v_next := array(select n from generate_series(p_asked + 1, p_pages) n
		where not exists (select from document_pages g where g.org_id = fl_org() and g.document_id = p_id and g.page = n) order by n limit p_most);
	perform fl_enqueue('document-processing', 'document.page', jsonb_build_object('document_id', p_id, 'page', n), 5, null, p_id || ':' || n) from unnest(v_next) n;
	return coalesce(v_next[cardinality(v_next)], p_pages);
end
$$;

create or replace function document_opened(p_id uuid, p_pages bigint, p_scan text) returns void language plpgsql as $$
begin
	update documents set status = 'READING', pages = p_pages, scan = coalesce(p_scan, scan), updated_at = now()
		where org_id = fl_org() and id = p_id and status in ('QUEUED', 'READING');
	if found then
		update documents set pages_asked = document_page_ask(p_id, 0, p_pages, document_page_window()) where org_id = fl_org() and id = p_id;
	end if;
end
$$;

create or replace function document_page_read(p_id uuid, p_page bigint, p_source text, p_turn bigint, p_width bigint, p_height bigint, p_confidence float8, p_body text, p_words jsonb,
		p_image text) returns void language plpgsql as $$
declare
	v_all int;
	v_asked int;
	v_read int;
begin
	-- pages end side by side: the last one must see the others
	select d.pages, d.pages_asked into v_all, v_asked from documents d where d.org_id = fl_org() and d.id = p_id and d.status = 'READING' for update;
	if not found then
		return;
	end if;
	insert into document_pages (org_id, document_id, page, source, turn, width, height, confidence, body, words, image, found)
		values (fl_org(), p_id, p_page, p_source, p_turn, p_width, p_height, p_confidence, p_body, p_words, p_image, document_words(p_body))
		on conflict (org_id, document_id, page) do update set source = excluded.source, turn = excluded.turn, width = excluded.width, height = excluded.height,
			confidence = excluded.confidence, body = excluded.body, words = excluded.words, image = excluded.image, found = excluded.found, updated_at = now();
	select count(*) into v_read from document_pages g where g.org_id = fl_org() and g.document_id = p_id;
	if v_asked < v_all then
		v_asked := document_page_ask(p_id, v_asked, v_all, 1);
	end if;
	update documents set pages_read = v_read, pages_asked = v_asked, updated_at = now(), status = case when v_read = v_all then 'COMPLETED' else status end,
			confidence = (select avg(g.confidence) from document_pages g where g.org_id = fl_org() and g.document_id = p_id)
		where org_id = fl_org() and id = p_id;
	if v_read = v_all then
		perform fl_emit('document.completed', jsonb_build_object('document_id', p_id));
	end if;
end
$$;
