-- Two stages of a pipeline may not share a name: on a board, in a rule and in a report nobody could tell them apart. Those that do already keep theirs.
create function stage_name_is_free(p_pipeline uuid, p_stage uuid, p_name text) returns void language plpgsql as $$
begin
	if exists (select from pipeline_stages s where s.org_id = fl_org() and s.pipeline_id = p_pipeline and s.id is distinct from p_stage and lower(s.name) = lower(p_name))
			and not exists (select from pipeline_stages s where s.org_id = fl_org() and s.id = p_stage and lower(s.name) = lower(p_name)) then
		perform fl_fail('FL422', 'pipeline.stage_taken', 'name');
	end if;
end
$$;

create or replace function stage_add(p_pipeline uuid, p_name text, p_kind text, p_wip bigint) returns table (id uuid, pipeline_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_id uuid;
begin
	perform from pipelines p where p.org_id = fl_org() and p.id = p_pipeline for no key update;
	if not found then
		return;
	end if;
	perform stage_name_is_free(p_pipeline, null, p_name);
	insert into pipeline_stages (org_id, pipeline_id, name, kind, wip_limit, position)
		select fl_org(), p_pipeline, p_name, p_kind, p_wip::int, coalesce(max(s.position), 0) + 1 from pipeline_stages s
			where s.org_id = fl_org() and s.pipeline_id = p_pipeline returning id into v_id;
	perform fl_audit('stage.add', 'pipeline', p_pipeline, jsonb_build_object('stage', v_id, 'name', p_name));
	return query select v_id, p_pipeline;
end
$$;

create or replace function stage_update(p_pipeline uuid, p_stage uuid, p_name text, p_kind text, p_wip bigint, p_collapsed boolean, p_position bigint)
returns table (id uuid, pipeline_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	s pipeline_stages;
begin
	perform from pipelines p where p.org_id = fl_org() and p.id = p_pipeline for no key update;
	select * into s from pipeline_stages x where x.org_id = fl_org() and x.pipeline_id = p_pipeline and x.id = p_stage for update;
	if s.id is null then
		return;
	elsif s.kind = 'open' and p_kind <> 'open' and not exists (select from pipeline_stages x where x.org_id = fl_org() and x.pipeline_id = p_pipeline
			and x.kind = 'open' and x.id <> p_stage) then
		perform fl_fail('FL422', 'pipeline.no_open_stage', 'kind');
	end if;
	perform stage_name_is_free(p_pipeline, p_stage, p_name);
	update pipeline_stages x set name = p_name, kind = p_kind, wip_limit = p_wip::int, collapsed = coalesce(p_collapsed, false), updated_at = now()
		where x.org_id = fl_org() and x.id = p_stage;
	if p_position is not null then
		update pipeline_stages x set position = o.n from (select t.id, row_number() over (order by t.place, t.position, t.id) as n from
			(select y.id, y.position, case when y.id = p_stage then p_position * 2 - case when p_position * 2 < k.n * 2 then 1 else -1 end else k.n * 2 end as place
				from pipeline_stages y, lateral (select count(*) as n from pipeline_stages z where z.org_id = y.org_id and z.pipeline_id = y.pipeline_id
					and (z.position, z.id) <= (y.position, y.id)) k
				where y.org_id = fl_org() and y.pipeline_id = p_pipeline) t) o
			where x.org_id = fl_org() and x.id = o.id;
	end if;
	perform fl_audit('stage.update', 'pipeline', p_pipeline, jsonb_build_object('stage', p_stage, 'name', p_name, 'kind', p_kind, 'wip', p_wip, 'position', p_position));
	return query select p_stage, p_pipeline;
end
$$;
