-- Past requests from another desk: what the learner may know on the first day. For the command line.
create function fl_case_import(p_org text, p_pipeline text, p_subject text, p_body text) returns boolean language plpgsql as $$
declare
	v_org uuid;
	v_pipeline uuid;
begin
	select id into v_org from public.organizations where slug = p_org;
	if v_org is null then
		perform public.fl_fail('FL404', 'no organisation has the short name ' || p_org);
	end if;
	perform set_config('app.current_org_id', v_org::text, true), set_config('app.actor', 'system', true);
	select id into v_pipeline from public.pipelines where org_id = v_org and lower(name) = lower(p_pipeline) and archived_at is null;
	if v_pipeline is null and p_pipeline <> 'none' then
		return false;
	end if;
	insert into public.labelled_cases (org_id, pipeline_id, subject, body, source) values (v_org, v_pipeline, p_subject, p_body, 'import');
	perform public.learner_stale();
	return true;
end
$$;
select fl_definer_function('fl_case_import(text, text, text, text)', 'fl_owner');
