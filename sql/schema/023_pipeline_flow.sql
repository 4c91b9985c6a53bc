-- How cards travel, and how pipelines and their stages are changed (PIP). A card's place is a fractional rank: between two neighbours lies
-- their middle; when doubles run out of middles the lane is numbered anew. Moves of one board wait for each other on its pipeline's row.

-- Puts a request on a board: into the first open stage, at the end. A request that has a card already: the card goes there instead, and stays
-- where it is when it is on that board. The caller audits.
create function item_add(p_pipeline uuid, p_intake uuid, p_number bigint, p_title text, p_priority int, p_by_agent boolean)
returns table (item_id uuid, stage_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_org uuid := fl_org();
	v_stage uuid;
	v_rank float8;
	i pipeline_items;
	r record;
begin
	select s.id into v_stage from pipeline_stages s where s.org_id = v_org and s.pipeline_id = p_pipeline and s.kind = 'open'
		order by s.position, s.id limit 1;
	if v_stage is null then
		perform fl_fail('FL422', 'pipeline.no_open_stage', 'pipeline_id');
	end if;
	if p_intake is not null then
		select * into i from pipeline_items p where p.org_id = v_org and p.intake_id = p_intake and p.archived_at is null for update;
		if i.id is not null and i.pipeline_id = p_pipeline then
			return query select i.id, i.stage_id;
			return;
		end if;
	end if;
	select p.rank into v_rank from pipeline_items p where p.org_id = v_org and p.stage_id = v_stage and p.archived_at is null
		order by p.rank desc, p.id desc limit 1;
	v_rank := coalesce(v_rank, 0) + 1024;
	if i.id is not null then
		update pipeline_items p set pipeline_id = p_pipeline, stage_id = v_stage, rank = v_rank, by_agent = p_by_agent, version = p.version + 1,
			updated_at = now() where p.org_id = v_org and p.id = i.id;
		perform fl_emit('pipeline.stage_changed', jsonb_build_object('item_id', i.id, 'from', i.stage_id, 'to', v_stage, 'pipeline_id', p_pipeline));
		return query select i.id, v_stage;
		return;
	end if;
	select q.due_at, q.assignee_id into r from intake_requests q where q.org_id = v_org and q.id = p_intake;
	return query insert into pipeline_items (org_id, pipeline_id, stage_id, intake_id, number, title, rank, priority, owner_id, due_at, by_agent)
		values (v_org, p_pipeline, v_stage, p_intake, coalesce(p_number, nextval('intake_number')), p_title, v_rank, p_priority, r.assignee_id, r.due_at,
			p_by_agent)
		returning id, stage_id;
end
$$;

-- Takes a card off its board (undo). The caller audits.
create function item_remove(p_item uuid) returns void language plpgsql as $$
begin
	update pipeline_items set archived_at = now(), version = version + 1, updated_at = now()
		where org_id = fl_org() and id = p_item and archived_at is null;
end
$$;

-- Whose card it is follows whose request it is. The card has not moved by it: its version stays.
create function item_own(p_intake uuid, p_owner uuid) returns void language plpgsql as $$
begin
	update pipeline_items set owner_id = p_owner, updated_at = now()
		where org_id = fl_org() and intake_id = p_intake and archived_at is null and owner_id is distinct from p_owner;
end
$$;

-- The rank of place p_position (from 1; beyond the end: at the end) in a lane, p_item aside. Null: no room between the neighbours.
create function item_rank(p_stage uuid, p_position bigint, p_item uuid) returns float8 language plpgsql as $$
declare
	v_before float8;
	v_after float8;
	v_rank float8;
begin
	if p_position > 1 then
		select max(t.rank) into v_before from (select i.rank from pipeline_items i where i.org_id = fl_org() and i.stage_id = p_stage and i.archived_at is null
			and i.id <> p_item order by i.rank, i.id limit p_position - 1) t;
	end if;
	select i.rank into v_after from pipeline_items i where i.org_id = fl_org() and i.stage_id = p_stage and i.archived_at is null
		and i.id <> p_item order by i.rank, i.id offset greatest(p_position, 1) - 1 limit 1;
	if v_after is null then
		return coalesce(v_before, 0) + 1024;
	elsif v_before is null then
		return v_after - 1024;
	end if;
	v_rank := v_before + (v_after - v_before) / 2;
	return case when v_rank > v_before and v_rank < v_after then v_rank end;
end
$$;

-- Where a card lies in its lane, from 1.
create function item_place(p_item pipeline_items) returns bigint language sql stable as $$
	select count(*) from pipeline_items i where i.org_id = p_item.org_id and i.stage_id = p_item.stage_id and i.archived_at is null
		and (i.rank, i.id) <= (p_item.rank, p_item.id)
$$;

-- Moves a card. p_version is the one the mover saw (null: whatever it is); another one now is FL409. Answers no row when there is no such card or stage
-- on the board.
create function item_move(p_board uuid, p_number bigint, p_version bigint, p_stage uuid, p_position bigint)
returns table (item_id uuid, number bigint, version bigint, stage_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_org uuid := fl_org();
	v_rank float8;
	v_from bigint;
	i pipeline_items;
	r pipeline_items;
begin
	perform from pipelines p where p.org_id = v_org and p.id = p_board for no key update;
	select * into i from pipeline_items p where p.org_id = v_org and p.number = p_number and p.pipeline_id = p_board and p.archived_at is null for update;
	if i.id is null or not exists (select from pipeline_stages s where s.org_id = v_org and s.pipeline_id = p_board and s.id = p_stage) then
		return;
	end if;
	if i.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	end if;
	v_from := item_place(i);
	v_rank := item_rank(p_stage, p_position, i.id);
	if v_rank is null then
		update pipeline_items p set rank = n.n * 1024.0 from
			(select q.id, row_number() over (order by q.rank, q.id) as n from pipeline_items q
				where q.org_id = v_org and q.stage_id = p_stage and q.archived_at is null and q.id <> i.id) n
			where p.org_id = v_org and p.id = n.id;
		v_rank := item_rank(p_stage, p_position, i.id);
	end if;
	update pipeline_items p set stage_id = p_stage, rank = v_rank, version = p.version + 1, updated_at = now()
		where p.org_id = v_org and p.id = i.id returning p.* into r;
	perform fl_audit('item.move', 'item', i.id, jsonb_build_object('from', i.stage_id, 'from_position', v_from, 'to', p_stage, 'position', p_position));
	if p_stage <> i.stage_id then
		perform fl_emit('pipeline.stage_changed', jsonb_build_object('item_id', i.id, 'from', i.stage_id, 'to', p_stage, 'pipeline_id', p_board));
	end if;
	return query select r.id, r.number, r.version::bigint, r.stage_id;
end
$$;

-- To the end of the stage after its own. FL409 when there is none.
create function item_next(p_board uuid, p_number bigint, p_version bigint)
returns table (item_id uuid, number bigint, version bigint, stage_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_stage uuid;
	i pipeline_items;
begin
	select * into i from pipeline_items p where p.org_id = fl_org() and p.number = p_number and p.pipeline_id = p_board and p.archived_at is null;
	if i.id is null then
		return;
	end if;
	select s.id into v_stage from pipeline_stages s, pipeline_stages own where own.org_id = fl_org() and own.id = i.stage_id
		and s.org_id = fl_org() and s.pipeline_id = p_board and (s.position, s.id) > (own.position, own.id) order by s.position, s.id limit 1;
	if v_stage is null then
		perform fl_fail('FL409', 'pipeline.last_stage', 'card');
	end if;
	return query select * from item_move(p_board, p_number, p_version, v_stage, 1000000000);
end
$$;

-- How many cards of a lane are shown: an even share of 500 a board; of a lane asked for, 500.
create function board_lane_most(p_lanes bigint, p_asked boolean) returns bigint language sql immutable as $$
	select case when p_asked then 500 else 500 / greatest(p_lanes, 1) end
$$;

-- The pipelines most front desks begin with (PIP-06), for an organisation that has none yet; answers how many were made.
create function pipelines_seed() returns bigint language plpgsql as $$
declare
	v_made bigint := 0;
	v_pipeline uuid;
	p record;
begin
	if exists (select from pipelines where org_id = fl_org() and archived_at is null) then
		return 0;
	end if;
	for p in select * from (values
		(1, 'Sales', 'SALES_INQUIRY', true, 'People who want to buy or are thinking about it: prices, quotes, offers, demos, new projects, what you do and what it costs.',
			'New, Contacted, Proposal sent, Won, Lost'),
		(2, 'Support', 'SUPPORT_REQUEST', false, 'Something does not work or somebody needs help with what they have: errors, problems, broken things, questions on how to use it, complaints.',
			'New, In progress, Waiting on client, Solved'),
		(3, 'Billing', 'BILLING_QUESTION', false, 'Money already owed or paid: invoices, payments, refunds, charges, receipts, purchase order numbers, tax details, overdue balances.',
			'New, Checking, Waiting on client, Settled'),
		(4, 'Scheduling', 'SCHEDULING', false, 'Finding or changing a time: appointments, meetings, bookings, calls, visits, moving or cancelling a date, availability.',
			'New, Proposing times, Booked, Cancelled')
	) as v (position, name, intent, makes_lead, description, stages) loop
		insert into pipelines (org_id, name, description, intent, makes_lead, position)
			values (fl_org(), p.name, p.description, p.intent, p.makes_lead, p.position) returning id into v_pipeline;
		insert into pipeline_stages (org_id, pipeline_id, name, position, kind, collapsed)
			select fl_org(), v_pipeline, s.name, s.n, k.kind, k.kind <> 'open'
			from unnest(string_to_array(p.stages, ', ')) with ordinality s(name, n),
				lateral (select case when s.name in ('Won', 'Solved', 'Settled', 'Booked') then 'done' when s.name in ('Lost', 'Cancelled') then 'lost'
					else 'open' end as kind) k;
		perform fl_audit('pipeline.add', 'pipeline', v_pipeline, jsonb_build_object('name', p.name));
		v_made := v_made + 1;
	end loop;
	return v_made;
end
$$;

-- The same for `fairlead org add --with-pipelines`, which acts as the owner role.
create function fl_org_seed(p_org uuid) returns bigint language plpgsql as $$
begin
	perform set_config('app.current_org_id', p_org::text, true), set_config('app.actor', 'system', true);
	return public.pipelines_seed();
end
$$;
select fl_definer_function('fl_org_seed(uuid)', 'fl_owner');

-- --- changing pipelines and stages; each answers no row when there is nothing to change ---

create function pipeline_add(p_name text, p_description text, p_intent text, p_makes_lead boolean) returns table (id uuid, version bigint) language plpgsql as $$
#variable_conflict use_column
declare
	v_id uuid;
begin
	insert into pipelines (org_id, name, description, intent, makes_lead, position)
		select fl_org(), p_name, coalesce(p_description, ''), p_intent, coalesce(p_makes_lead, false), coalesce(max(p.position), 0) + 1
			from pipelines p where p.org_id = fl_org() returning id into v_id;
	insert into pipeline_stages (org_id, pipeline_id, name, position, kind, collapsed)
		select fl_org(), v_id, t.name, t.n, t.kind, t.kind = 'done' from (values (1, 'New', 'open'), (2, 'In progress', 'open'), (3, 'Done', 'done')) t(n, name, kind);
	perform fl_audit('pipeline.add', 'pipeline', v_id, jsonb_build_object('name', p_name));
	return query select v_id, 1::bigint;
exception when unique_violation then
	perform fl_fail('FL422', 'wrong.taken', 'name');
end
$$;

-- p_version is the one seen; null: whatever it is.
create function pipeline_update(p_id uuid, p_version bigint, p_name text, p_description text, p_intent text, p_makes_lead boolean, p_archived boolean)
returns table (id uuid, version bigint) language plpgsql as $$
#variable_conflict use_column
declare
	p pipelines;
begin
	select * into p from pipelines x where x.org_id = fl_org() and x.id = p_id for update;
	if p.id is null then
		return;
	elsif p.version <> p_version then
		perform fl_fail('FL409', 'wrong.stale', 'version');
	elsif p_archived and exists (select from intake_forms f where f.org_id = fl_org() and f.pipeline_id = p_id and f.active) then
		perform fl_fail('FL422', 'pipeline.has_form', 'archived');
	elsif exists (select from pipelines x where x.org_id = fl_org() and lower(x.name) = lower(p_name) and x.archived_at is null and x.id <> p_id)
			and not coalesce(p_archived, false) then
		perform fl_fail('FL422', 'wrong.taken', 'name');
	end if;
	perform fl_audit('pipeline.update', 'pipeline', p_id, jsonb_build_object('from', jsonb_build_object('name', p.name, 'description', p.description,
		'intent', p.intent, 'makes_lead', p.makes_lead, 'archived', p.archived_at is not null), 'to', jsonb_build_object('name', p_name,
		'description', p_description, 'intent', p_intent, 'makes_lead', p_makes_lead, 'archived', coalesce(p_archived, false))));
	return query update pipelines x set name = p_name, description = coalesce(p_description, ''), intent = p_intent, makes_lead = coalesce(p_makes_lead, false),
			archived_at = case when p_archived then coalesce(x.archived_at, now()) end, version = x.version + 1, updated_at = now()
		where x.org_id = fl_org() and x.id = p_id returning x.id, x.version::bigint;
end
$$;

create function stage_add(p_pipeline uuid, p_name text, p_kind text, p_wip bigint) returns table (id uuid, pipeline_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_id uuid;
begin
	if not exists (select from pipelines p where p.org_id = fl_org() and p.id = p_pipeline) then
		return;
	end if;
	insert into pipeline_stages (org_id, pipeline_id, name, kind, wip_limit, position)
		select fl_org(), p_pipeline, p_name, p_kind, p_wip::int, coalesce(max(s.position), 0) + 1 from pipeline_stages s
			where s.org_id = fl_org() and s.pipeline_id = p_pipeline returning id into v_id;
	perform fl_audit('stage.add', 'pipeline', p_pipeline, jsonb_build_object('stage', v_id, 'name', p_name));
	return query select v_id, p_pipeline;
end
$$;

-- p_position from 1: the stage takes that place and the others close up around it; null: it stays.
create function stage_update(p_pipeline uuid, p_stage uuid, p_name text, p_kind text, p_wip bigint, p_collapsed boolean, p_position bigint)
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

-- Only when it is empty, or its cards go to the end of p_cards_to. The last open stage stays.
create function stage_remove(p_pipeline uuid, p_stage uuid, p_cards_to uuid) returns table (id uuid, pipeline_id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	v_last float8;
	s pipeline_stages;
begin
	perform from pipelines p where p.org_id = fl_org() and p.id = p_pipeline for no key update;
	select * into s from pipeline_stages x where x.org_id = fl_org() and x.pipeline_id = p_pipeline and x.id = p_stage for update;
	if s.id is null then
		return;
	elsif s.kind = 'open' and not exists (select from pipeline_stages x where x.org_id = fl_org() and x.pipeline_id = p_pipeline and x.kind = 'open'
			and x.id <> p_stage) then
		perform fl_fail('FL422', 'pipeline.no_open_stage', 'stage');
	elsif p_cards_to is not null and (p_cards_to = p_stage or not exists (select from pipeline_stages x where x.org_id = fl_org()
			and x.pipeline_id = p_pipeline and x.id = p_cards_to)) then
		perform fl_fail('FL422', 'wrong.choice', 'cards_to');
	elsif p_cards_to is null and exists (select from pipeline_items i where i.org_id = fl_org() and i.stage_id = p_stage and i.archived_at is null) then
		perform fl_fail('FL422', 'pipeline.stage_full', 'cards_to');
	end if;
	-- cards taken off the board keep a stage too: they go along
	p_cards_to := coalesce(p_cards_to, (select x.id from pipeline_stages x where x.org_id = fl_org() and x.pipeline_id = p_pipeline and x.id <> p_stage
		order by x.position, x.id limit 1));
	select coalesce(max(i.rank), 0) into v_last from pipeline_items i where i.org_id = fl_org() and i.stage_id = p_cards_to;
	perform fl_emit('pipeline.stage_changed', jsonb_build_object('item_id', i.id, 'from', p_stage, 'to', p_cards_to, 'pipeline_id', p_pipeline))
		from pipeline_items i where i.org_id = fl_org() and i.stage_id = p_stage and i.archived_at is null;
	update pipeline_items i set stage_id = p_cards_to, rank = v_last + o.n * 1024.0, version = i.version + 1, updated_at = now()
		from (select x.id, row_number() over (order by x.rank, x.id) as n from pipeline_items x where x.org_id = fl_org() and x.stage_id = p_stage) o
		where i.org_id = fl_org() and i.id = o.id;
	delete from pipeline_stages x where x.org_id = fl_org() and x.id = p_stage;
	perform fl_audit('stage.remove', 'pipeline', p_pipeline, jsonb_build_object('stage', p_stage, 'name', s.name, 'cards_to', p_cards_to));
	return query select p_stage, p_pipeline;
end
$$;
