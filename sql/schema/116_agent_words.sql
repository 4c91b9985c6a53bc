-- A browser in two words, for lists of sessions; what is no known browser is shown by its beginning.
create function agent_words(p_agent text) returns text language sql immutable parallel safe as $$
	select concat_ws(' · ',
		case when p_agent ~ 'Edg/' then 'Edge' when p_agent ~ 'OPR/' then 'Opera' when p_agent ~ 'Firefox/' then 'Firefox' when p_agent ~ 'Chrom(e|ium)/' then 'Chrome'
			when p_agent ~ 'Safari/' then 'Safari' else nullif(left(p_agent, 60), '') end,
		case when p_agent ~ 'Android' then 'Android' when p_agent ~ 'iPhone|iPad' then 'iOS' when p_agent ~ 'Windows' then 'Windows' when p_agent ~ 'Mac OS' then 'macOS'
			when p_agent ~ 'Linux|X11' then 'Linux' end)
$$;
