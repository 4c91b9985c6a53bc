-- An erased organisation stays as a stone without a name, so who looked for organisations that are not there never found it: the files of its vectors stayed on each machine.
create or replace function vector_orgs_gone(p_orgs jsonb) returns table (org text) language plpgsql stable as $$
begin
	return query select x.v from jsonb_array_elements_text(p_orgs) x(v)
		where not exists (select from public.organizations o where o.id::text = x.v and o.suspended_reason is distinct from 'erased');
end
$$;
select fl_definer_function('vector_orgs_gone(jsonb)');

-- What brings vectors elsewhere holds no transaction meanwhile. It may end after the copy was dropped, or before there was a row of it: it is looked for again when that must be over.
create function vector_store_gone() returns trigger language plpgsql as $$
declare
	v_org text := current_setting('app.current_org_id', true);
begin
	if exists (select from public.organizations o where o.id = old.org_id and o.suspended_reason = 'erased') then
		perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
		perform public.fl_enqueue('document-embedding', 'vector.drop',
			jsonb_build_object('org', old.org_id, 'model', old.model, 'store', 'qdrant', 'dims', old.dims, 'generation', old.generation), 6, now() + interval '10 minutes');
		perform set_config('app.current_org_id', coalesce(v_org, ''), true);
	end if;
	return null;
end
$$;
select fl_definer_function('vector_store_gone()', 'fl_definer');
create trigger gone after delete on vector_stores for each row execute function vector_store_gone();
