-- What a text names, as a decision keeps it: {"found": [...]} of a model, {"emails": [...], "phones": [...], ...} of the built-in. One row each.
create function decision_named(p_entities jsonb) returns table (kind text, value text) language plpgsql immutable as $$
begin
	return query select e.key, left(x.value, 200) from jsonb_each(case when jsonb_typeof(p_entities) = 'object' then p_entities else '{}' end) e
		cross join lateral jsonb_array_elements_text(case when jsonb_typeof(e.value) = 'array' then e.value else '[]' end) with ordinality x(value, n)
		where e.key in ('found', 'emails', 'phones', 'dates', 'amounts', 'numbers') and x.value <> '' order by e.key, x.n limit 40;
end
$$;
