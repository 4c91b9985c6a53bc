-- Pipelines, their stages, and the items (cards) that travel through them (PIP).

select fl_grant('pipeline.read', 'owner admin operator pm member viewer agent');
select fl_grant('pipeline.manage', 'owner admin operator');
select fl_grant('board.read', 'owner admin operator pm member viewer agent');
select fl_grant('board.move', 'owner admin operator pm member agent');

create table pipelines (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	description text not null default '', -- what belongs here, in the organisation's own words; the learner starts from it
	intent text check (intent in ('SALES_INQUIRY', 'SUPPORT_REQUEST', 'BILLING_QUESTION', 'SCHEDULING')),
	makes_lead boolean not null default false, -- requests sent here become leads (INT-14)
	position int not null default 0,
	archived_at timestamptz,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index pipelines_name on pipelines (org_id, lower(name)) where archived_at is null;
select fl_tenant_table('pipelines');

create table pipeline_stages (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	pipeline_id uuid not null,
	name text not null check (length(name) between 1 and 80),
	position int not null default 0,
	wip_limit int check (wip_limit > 0),
	kind text not null default 'open' check (kind in ('open', 'done', 'lost')),
	collapsed boolean not null default false,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, pipeline_id, id),
	foreign key (org_id, pipeline_id) references pipelines (org_id, id)
);
create index pipeline_stages_order on pipeline_stages (org_id, pipeline_id, position, id);
select fl_tenant_table('pipeline_stages');

create table pipeline_items (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	pipeline_id uuid not null,
	stage_id uuid not null,
	intake_id uuid, -- the request it came from
	number bigint not null, -- of that request, else drawn from the same sequence; shown as REQ-number, and the card's handle on its board
	title text not null,
	rank double precision not null, -- order within the stage; a new place is the middle between its neighbours
	priority smallint not null default 5 check (priority between 1 and 9),
	owner_id uuid,
	due_at timestamptz,
	value_minor bigint,
	value_currency text check (value_currency ~ '^[A-Z]{3}$'),
	by_agent boolean not null default false,
	version int not null default 1,
	archived_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, pipeline_id, stage_id) references pipeline_stages (org_id, pipeline_id, id)
);
create index pipeline_items_board on pipeline_items (org_id, stage_id, rank, id) where archived_at is null;
create unique index pipeline_items_intake on pipeline_items (org_id, intake_id) where intake_id is not null and archived_at is null;
create unique index pipeline_items_number on pipeline_items (org_id, number) where archived_at is null;
select fl_tenant_table('pipeline_items');
