-- Saved views of the queue as short lists on the first page.

-- A word of an address as it was typed: plus signs are spaces, %XX are bytes of UTF-8; what is no such text stays as it is.
create function url_plain(p_text text) returns text language plpgsql immutable as $$
declare
	v_hex text := '';
	m text[];
begin
	for m in select regexp_matches(replace(p_text, '+', ' '), '%([0-9a-fA-F]{2})|(.)', 'gs') loop
		v_hex := v_hex || coalesce(m[1], encode(convert_to(m[2], 'UTF8'), 'hex'));
	end loop;
	return convert_from(decode(v_hex, 'hex'), 'UTF8');
exception when character_not_in_repertoire or untranslatable_character or invalid_parameter_value then
	return p_text;
end
$$;

create function query_word(p_query text, p_name text) returns text language plpgsql immutable as $$
begin
	return nullif(url_plain((regexp_match('&' || p_query, '&' || p_name || '=([^&]*)'))[1]), '');
end
$$;

-- The first requests of a saved view, as the queue shows them.
create function intake_saved(p_query text, p_most int) returns table (n bigint, id uuid) language plpgsql stable as $$
begin
	return query select m.n, m.id from intake_matching(coalesce(query_word(p_query, 'view'), 'open'), query_word(p_query, 'channel'), thing_id(query_word(p_query, 'pipeline_id')),
		thing_id(query_word(p_query, 'assignee_id')), query_word(p_query, 'q'), p_most) with ordinality m(id, n);
end
$$;
