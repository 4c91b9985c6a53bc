-- An environment with a backslash in its name was set anew at each migrate, with a lock on the events: quote_literal writes E'', pg_get_expr does not.
create or replace function event_environment_set(p_environment text) returns void language plpgsql set standard_conforming_strings = on as $$
declare
	v_made text := '''' || replace(jsonb_build_object('source', 'fairlead', 'environment', p_environment)::text, '''', '''''') || '''::jsonb';
begin
	-- an unchanged one locks nothing
	if v_made is distinct from (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
			where d.adrelid = 'system_events'::regclass and a.attname = 'meta') then
		execute format('alter table system_events alter meta set default %s', v_made);
	end if;
end
$$;
