-- Other spellings of event types (X-13): the colon form and the form with a version are understood wherever a type is asked for, and these names besides.
create table event_aliases (
	alias text primary key,
	type text not null
);
insert into event_aliases values ('calendar.reminder_due', 'reminder.due');
grant select on event_aliases to fl_app, fl_sweep, fl_definer;

-- The type as it is written here, of intake:created, intake.created.v1 or intake.created.
create function event_name(p_name text) returns text language plpgsql stable as $$
declare
	v_name text := regexp_replace(replace(lower(p_name), ':', '.'), '[.]v[0-9]+$', '');
begin
	return coalesce((select a.type from public.event_aliases a where a.alias = v_name), v_name);
end
$$;

create function event_names(p_names jsonb) returns jsonb language plpgsql stable as $$
begin
	return (select jsonb_agg(public.event_name(x)) from jsonb_array_elements_text(p_names) x);
end
$$;
