-- What a case reads seldom stands in functions: a subquery is set up by each statement that has it, whether it is run or not, a function when it is called.
create function agent_pipelines(p_org uuid) returns jsonb language plpgsql stable as $$
begin
	return (select jsonb_agg(jsonb_build_object('id', x.id, 'name', x.name, 'description', x.description, 'intent', x.intent) order by x.position, x.id)
		from public.pipelines x where x.org_id = p_org and x.archived_at is null);
end
$$;
create function intake_form_name(p_org uuid, p_form uuid) returns text language plpgsql stable as $$
begin
	return (select f.name from public.intake_forms f where f.org_id = p_org and f.id = p_form);
end
$$;
