-- A field put right goes down to the words of the page also when it has more words than before (the last box holds the rest) or fewer (boxes are left empty). Where the places
-- of the words are not known yet, the field alone is put right.

create or replace function document_field_correct(p_id uuid, p_field uuid, p_kind text, p_label text, p_old text, p_value text, p_normal text, p_checks boolean)
		returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	f document_fields := document_field_touch(p_id, p_field, p_old);
	v_words text[]; -- as they stand in its boxes
	v_have text;
	v_new text[];
	v_text text;
	v_at int;
	n int;
begin
	if f.id is null then
		return;
	end if;
	v_words := array(select o.v ->> 5 from document_pages g, jsonb_array_elements(g.words) with ordinality o(v, n)
		where g.org_id = fl_org() and g.document_id = p_id and g.page = f.page and o.n between f.word_from and f.word_to order by o.n);
	n := array_length(v_words, 1);
	v_have := array_to_string(array_remove(v_words, ''), ' ');
	f.value := regexp_replace(f.value, '\s+', ' ', 'g');
	v_at := position(f.value in v_have);
	if p_value is distinct from f.value and n > 0 and v_at > 0 then
		v_new := regexp_split_to_array(overlay(v_have placing p_value from v_at for length(f.value)), '\s+');
		begin
			for i in 1 .. n loop
				v_text := case when i < n then coalesce(v_new[i], '') else coalesce(array_to_string(v_new[n:], ' '), '') end;
				perform document_correct(p_id, f.page, f.word_from + i - 1, v_words[i], v_text);
			end loop;
		exception when sqlstate 'FL409' then
			if sqlerrm <> 'document.wrong.soon' then
				raise;
			end if;
		end;
	end if;
	perform document_field_note(f, 'change', p_value);
	update document_fields x set kind = p_kind, label = coalesce(p_label, ''), value = p_value, normal = p_normal, checks = p_checks, confidence = 1, removed = false,
			touched_at = now(), touched_by = fl_user(), updated_at = now()
		where x.org_id = fl_org() and x.id = f.id;
	return query select p_id, f.page::bigint;
end
$$;
