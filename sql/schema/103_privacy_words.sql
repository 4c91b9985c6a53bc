-- What is looked for when somebody is erased, in text and in JSON, and what is put in its place.

-- A pattern for a text as it stands, with any blanks between its words.
create function privacy_quoted(p text) returns text language sql immutable as $$
	select regexp_replace(regexp_replace(btrim(p), '([^[:alnum:][:space:]])', '\\\1', 'g'), '\s+', '\\s+', 'g')
$$;
-- A telephone number, whatever stands between its digits and whether or not the code of a country stands before: its last nine digits.
create function privacy_digits(p text) returns text language sql immutable as $$
	select case when length(d) >= 7 then '(?<![0-9A-Za-z.])(\+|00)?[0-9]{0,4}[\s()./-]*' || regexp_replace(right(d, 9), '([0-9])(?=[0-9])', '\1[\\s()./-]*', 'g') || '(?![0-9A-Za-z])' end
	from (select regexp_replace(coalesce(p, ''), '[^0-9]', '', 'g') as d) x
$$;

-- Addresses, numbers and names as one JSON object. A name of one word is looked for only where it is all that stands there: it would hit too many others.
create function privacy_words(p_order uuid, p_emails text[], p_phones text[], p_names text[]) returns jsonb language sql stable as $$
	select jsonb_build_object(
		'email', (select string_agg('(?<![[:alnum:]._%+-])' || replace(public.privacy_quoted(e), '\@', '(@|%40)') || '(?![[:alnum:]-]|\.[[:alnum:]])', '|') from unnest(p_emails) e where e <> ''),
		'phone', (select string_agg(public.privacy_digits(p), '|') from unnest(p_phones) p where public.privacy_digits(p) is not null),
		'name', (select string_agg('(?<![[:alnum:]])' || public.privacy_quoted(n) || '(?![[:alnum:]])', '|') from unnest(p_names) n where btrim(n) ~ '\s'),
		'exact', to_jsonb(array(select lower(btrim(w)) from unnest(p_emails || p_phones || p_names) w where w <> '')),
		'emails', to_jsonb(array(select lower(btrim(w)) from unnest(p_emails) w where w <> '')),
		'phones', to_jsonb(array(select btrim(w) from unnest(p_phones) w where w <> '')),
		'as_email', 'erased-' || right(p_order::text, 12) || '@erased.invalid',
		'as_phone', '+999' || lpad((('x' || substr(md5(p_order::text), 1, 7))::bit(28)::int % 100000000)::text, 8, '0'))
$$;

create function privacy_hit(p text, w jsonb) returns boolean language sql immutable as $$
	select coalesce(w -> 'exact' ? lower(btrim(p)), false) or coalesce(p ~* (w ->> 'email'), false) or coalesce(p ~* (w ->> 'name'), false) or coalesce(p ~ (w ->> 'phone'), false)
$$;
-- In JSON a whole value counts as a whole text does.
create function privacy_hit_json(p jsonb, w jsonb) returns boolean language sql immutable as $$
	select public.privacy_hit(p::text, w) or exists (select from jsonb_path_query(p, '$.** ? (@.type() == "string")') v where w -> 'exact' ? lower(btrim(v #>> '{}')))
$$;

-- The text without them. Its length never passes what fitted before.
create function privacy_masked(p text, w jsonb) returns text language sql immutable as $$
	select case when not public.privacy_hit(p, w) then p
		when w -> 'emails' ? lower(btrim(p)) then w ->> 'as_email'
		when w -> 'phones' ? btrim(p) then w ->> 'as_phone'
		when w -> 'exact' ? lower(btrim(p)) then '[erased]'
		else left(regexp_replace(regexp_replace(regexp_replace(p, coalesce(w ->> 'email', '^\M'), '[erased]', 'gi'), coalesce(w ->> 'name', '^\M'), '[erased]', 'gi'),
			coalesce(w ->> 'phone', '^\M'), '[erased]', 'g'), greatest(length(p), 20)) end
$$;
create function privacy_masked(p text[], w jsonb) returns text[] language sql immutable as $$
	select array(select public.privacy_masked(x, w) from unnest(p) with ordinality u(x, o) order by o)
$$;
-- Value by value, so that what comes out is JSON whatever stood there. Keys are of the program; a number that is a telephone number becomes 0.
create function privacy_masked(p jsonb, w jsonb) returns jsonb language plpgsql immutable as $$
begin
	return case jsonb_typeof(p)
		when 'string' then to_jsonb(public.privacy_masked(p #>> '{}', w))
		when 'number' then case when public.privacy_hit(p #>> '{}', w) then '0'::jsonb else p end
		when 'array' then (select coalesce(jsonb_agg(public.privacy_masked(v, w) order by o), '[]') from jsonb_array_elements(p) with ordinality u(v, o))
		when 'object' then (select coalesce(jsonb_object_agg(k, public.privacy_masked(v, w)), '{}') from jsonb_each(p) u(k, v))
		else p end;
end
$$;

-- For an organisation's audit: only what cannot be anybody's words stays: numbers, ids, times, and codes of the program.
create function privacy_bare(p jsonb, p_key text default '') returns jsonb language plpgsql immutable as $$
begin
	return case jsonb_typeof(p)
		when 'string' then case when p #>> '{}' ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{64}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$'
				or (p_key in ('role', 'was', 'status', 'state', 'channel', 'change', 'from', 'to', 'queue', 'scheme', 'kind', 'rule', 'chain', 'format', 'plan', 'before',
					'after', 'clock', 'level', 'type', 'subject', 'provider', 'language', 'currency') and p #>> '{}' ~ '^[A-Za-z0-9_./+-]{1,60}$') then p
			else '"[erased]"'::jsonb end
		when 'array' then (select coalesce(jsonb_agg(public.privacy_bare(v, p_key) order by o), '[]') from jsonb_array_elements(p) with ordinality u(v, o))
		when 'object' then (select coalesce(jsonb_object_agg(k, public.privacy_bare(v, k)), '{}') from jsonb_each(p) u(k, v))
		else p end;
end
$$;
