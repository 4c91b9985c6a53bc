-- What every event pays: its origin is a constant of the plan, no function called for each; and where an organisation has no hook, which is the rule, no portal is opened to
-- find that out (13,000 and 12,000 instructions of a backend an event).
create or replace function event_environment_set(p_environment text) returns void language plpgsql as $$
declare
	v_made text := format('%L::jsonb', jsonb_build_object('source', 'fairlead', 'environment', p_environment));
begin
	-- an unchanged one locks nothing
	if v_made is distinct from (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
			where d.adrelid = 'system_events'::regclass and a.attname = 'meta') then
		execute format('alter table system_events alter meta set default %s', v_made);
	end if;
end
$$;

do $$ begin execute format('alter table system_events alter meta set default %L::jsonb', fl_event_meta()); end $$;
drop function fl_event_meta();

create or replace function hook_event() returns trigger language plpgsql as $$
declare
	v_hook uuid;
begin
	if not exists (select from public.hooks h where h.org_id = new.org_id and h.active) then
		return null;
	end if;
	for v_hook in select h.id from public.hooks h where h.org_id = new.org_id and h.active and new.type = any (h.events) order by h.id loop
		perform set_config('app.request_id', coalesce(new.correlation_id, ''), true);
		perform public.hook_post(new.org_id, v_hook, new.type, coalesce(new.payload ->> 'intake_id', new.payload ->> 'task_id', new.payload ->> 'booking_id', new.payload ->> 'item_id',
			new.payload ->> 'document_id', new.payload ->> 'subject_id', new.payload ->> 'event_id', new.id::text)::uuid, new.payload);
	end loop;
	return null;
end
$$;
