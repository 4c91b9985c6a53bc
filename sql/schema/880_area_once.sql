-- Two people who put one part into two areas at the same moment saw nothing of each other, and the part was in both: one at a time in an organisation.

create or replace function pipeline_area(p_id uuid, p_category text, p_subcategory text) returns table (id uuid) language plpgsql as $$
declare
	v_category text := nullif(btrim(p_category), '');
	v_part text := nullif(btrim(p_subcategory), '');
	p pipelines;
begin
	perform pg_advisory_xact_lock(hashtext('pipeline_area'), hashtext(fl_org()::text));
	select * into p from pipelines x where x.org_id = fl_org() and x.id = p_id for update;
	if p.id is null then
		return;
	elsif v_category is null and v_part is not null then
		perform fl_fail('FL422', 'wrong.area_needed', 'category');
	elsif scope_slug(v_category) !~ '^[a-z0-9]' then
		perform fl_fail('FL422', 'wrong.area_name', 'category');
	elsif scope_slug(v_part) !~ '^[a-z0-9]' then
		perform fl_fail('FL422', 'wrong.area_name', 'subcategory');
	elsif exists (select from pipelines x where x.org_id = fl_org() and x.id <> p_id and scope_slug(x.subcategory) = scope_slug(v_part) and scope_slug(x.category) <> scope_slug(v_category)) then
		perform fl_fail('FL422', 'wrong.area_elsewhere', 'subcategory');
	end if;
	update pipelines x set category = v_category, subcategory = v_part, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('pipeline.area', 'pipeline', p_id, jsonb_build_object('from', jsonb_build_object('category', p.category, 'subcategory', p.subcategory),
		'to', jsonb_build_object('category', v_category, 'subcategory', v_part)));
	return query select p_id;
end
$$;
