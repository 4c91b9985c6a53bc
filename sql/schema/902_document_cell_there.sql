-- A cell that is not there is not there, whatever is missing besides.

-- Puts a cell right; one that is as it was is called right. That nothing stands there is said (p_empty), not left out.
create or replace function document_cell_correct(p_id uuid, p_table uuid, p_row bigint, p_column bigint, p_old text, p_value text, p_empty boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	t document_tables;
	v_row int := p_row;
	v_column int := p_column;
	v_old text;
	v_new text := case when p_empty then '' else regexp_replace(p_value, '\s+', ' ', 'g') end;
	v_place jsonb;
begin
	-- in the order of document_fields_found and document_correct
	perform 1 from documents d where d.org_id = fl_org() and d.id = p_id for update;
	select * into t from document_tables x where x.org_id = fl_org() and x.document_id = p_id and x.id = p_table for update;
	v_old := document_cell_text(t, v_row, v_column);
	if v_old is null then
		return;
	end if;
	if v_new is null then
		perform fl_fail('FL422', 'wrong.required', 'value');
	end if;
	if v_old is distinct from coalesce(p_old, v_old) then
		perform fl_fail('FL409', 'wrong.stale', 'value');
	end if;
	if v_new <> v_old then
		v_place := t.places -> v_row -> (v_column - 1);
		perform document_words_put(p_id, t.page, (v_place ->> 0)::int, (v_place ->> 1)::int, v_old, v_new);
		if v_row = 0 then
			t.columns := jsonb_set(t.columns, array[(v_column - 1)::text], to_jsonb(v_new));
		else
			t.rows := jsonb_set(t.rows, array[(v_row - 1)::text, (v_column - 1)::text], to_jsonb(v_new));
		end if;
		if jsonb_typeof(v_place) = 'null' then -- it stood nowhere as it was read
			t.places := jsonb_set(t.places, array[v_row::text, (v_column - 1)::text], document_table_places(p_id, t.page, t.columns, t.rows) -> v_row -> (v_column - 1));
		end if;
	end if;
	perform document_cell_note(t, v_row, v_column, case when v_new = v_old then 'confirm' else 'change' end, v_old, case when v_new <> v_old then v_new end);
	update document_tables x set columns = t.columns, rows = t.rows, places = t.places, touched_at = now() where x.org_id = fl_org() and x.id = t.id;
	update documents set updated_at = now() where org_id = fl_org() and id = p_id;
	return query select p_id, t.page::bigint;
end
$$;
