-- What a card is worth, and what a column of a board is worth.

create index pipeline_items_worth on pipeline_items (org_id, stage_id, value_currency) include (value_minor) where archived_at is null and value_minor is not null;

-- Minor units of a currency, ISO 4217; the same as the format `money` has them.
create function currency_places(p_currency text) returns int language plpgsql immutable as $$
begin
	return case when p_currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
		when p_currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3 when p_currency in ('CLF', 'UYW') then 4 else 2 end;
end
$$;

-- The worth of the card of a request, in its currency or, without one, in that of the organisation. No amount: it has none.
create function item_worth(p_intake uuid, p_amount float8, p_currency text) returns table (id uuid, item_id uuid) language plpgsql as $$
declare
	i public.pipeline_items;
	r public.pipeline_items;
	v_currency text := upper(coalesce(nullif(p_currency, ''), (select o.currency from public.organizations o where o.id = public.fl_org())));
begin
	if v_currency !~ '^[A-Z]{3}$' then
		perform public.fl_fail('FL422', 'wrong.currency', 'currency');
	end if;
	select * into i from public.pipeline_items p where p.org_id = public.fl_org() and p.intake_id = p_intake and p.archived_at is null for update;
	if i.id is null then
		return;
	end if;
	update public.pipeline_items p set value_minor = round(p_amount::numeric * 10 ^ public.currency_places(v_currency)), value_currency = case when p_amount is not null then v_currency end,
		version = p.version + 1, updated_at = now() where p.org_id = i.org_id and p.id = i.id returning p.* into r;
	perform public.fl_audit('item.worth', 'item', i.id, jsonb_strip_nulls(jsonb_build_object('worth', r.value_minor, 'currency', r.value_currency,
		'was', jsonb_strip_nulls(jsonb_build_object('worth', i.value_minor, 'currency', i.value_currency)))));
	return query select p_intake, i.id;
end
$$;
