-- Where sealed values lie, so that `fairlead secrets rotate` finds them all. Whoever adds a sealed column adds its row, by fl_sealed_column.

create table sealed_columns (
	table_name text not null,
	column_name text not null,
	id_column text not null, -- a uuid that is unique within the organisation, or within the table when it is of the platform
	what text not null,      -- the purpose it is sealed for (fl_keyring_seal)
	tenant boolean not null, -- has org_id
	primary key (table_name, column_name)
);
grant select on sealed_columns to fl_definer;

create function fl_sealed_column(p_table text, p_column text, p_what text, p_id text default 'id') returns void language sql as $$
	insert into sealed_columns (table_name, column_name, id_column, what, tenant) select p_table, p_column, p_id, p_what,
		exists (select from pg_attribute where attrelid = p_table::regclass and attname = 'org_id' and not attisdropped)
$$;
select fl_sealed_column('webhook_sources', 'secret', 'webhook');
select fl_sealed_column('mailboxes', 'imap_password', 'mailbox');

create function fl_sealed_columns() returns table (place text, what text, tenant boolean) language sql stable as $$
	select c.table_name || '.' || c.column_name, c.what, c.tenant from public.sealed_columns c order by 1
$$;
select fl_definer_function('fl_sealed_columns()', 'fl_owner');

-- Values of one column under another key than p_key, of one organisation (null: of a table of the platform), by id.
create function fl_sealed_old(p_place text, p_org uuid, p_key bigint, p_after uuid) returns table (id uuid, sealed bytea) language plpgsql stable as $$
declare
	c public.sealed_columns;
begin
	select * into strict c from public.sealed_columns s where s.table_name || '.' || s.column_name = p_place;
	return query execute format('select %1$I, %2$I from public.%3$I where length(%2$I) > 1 and get_byte(%2$I, 1) <> $1 and ($2 is null or %1$I > $2)',
		c.id_column, c.column_name, c.table_name) || case when c.tenant then ' and org_id = $3' else '' end || format(' order by %I limit 50', c.id_column)
		using p_key::int, p_after, p_org;
end
$$;
select fl_definer_function('fl_sealed_old(text, uuid, bigint, uuid)', 'fl_owner');

-- Puts the value sealed anew in the place of the old one, unless somebody changed it meanwhile.
create function fl_sealed_set(p_place text, p_org uuid, p_id uuid, p_old bytea, p_new bytea) returns void language plpgsql as $$
declare
	c public.sealed_columns;
begin
	select * into strict c from public.sealed_columns s where s.table_name || '.' || s.column_name = p_place;
	execute format('update public.%1$I set %2$I = $1 where %3$I = $2 and %2$I = $3', c.table_name, c.column_name, c.id_column)
		|| case when c.tenant then ' and org_id = $4' else '' end using p_new, p_id, p_old, p_org;
end
$$;
select fl_definer_function('fl_sealed_set(text, uuid, uuid, bytea, bytea)', 'fl_owner');

create function fl_sealed_audit(p_org uuid, p_key bigint, p_values bigint) returns void language plpgsql as $$
begin
	perform set_config('app.current_org_id', p_org::text, true), set_config('app.actor', 'system', true);
	perform public.fl_audit('secrets.rotate', 'organization', p_org, jsonb_build_object('key', p_key, 'values', p_values));
end
$$;
select fl_definer_function('fl_sealed_audit(uuid, bigint, bigint)', 'fl_owner');
