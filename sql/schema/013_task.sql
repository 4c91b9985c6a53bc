-- Tasks (TSK): what has to be done about a request. Transitions are held here (X-57).

select fl_grant('task.read', 'owner admin operator pm member viewer user agent');
select fl_grant('task.manage', 'owner admin operator pm member agent');

create table tasks (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	title text not null check (length(title) between 1 and 300),
	status text not null default 'NEW' check (status in ('NEW', 'IN_PROGRESS', 'NEEDS_REVIEW', 'BLOCKED', 'DONE', 'CANCELLED')),
	priority smallint not null default 5 check (priority between 1 and 9),
	assignee_id uuid,
	pipeline_id uuid,
	stage_id uuid,
	intake_id uuid,
	decision_id uuid,
	due_at timestamptz,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index tasks_intake on tasks (org_id, intake_id) where intake_id is not null;
create index tasks_open on tasks (org_id, status, id) where status not in ('DONE', 'CANCELLED');
select fl_tenant_table('tasks');

create function task_transition() returns trigger language plpgsql as $$
begin
	if new.status <> old.status and not (old.status || '>' || new.status = any (array['NEW>IN_PROGRESS', 'NEW>CANCELLED', 'IN_PROGRESS>NEEDS_REVIEW',
			'IN_PROGRESS>BLOCKED', 'IN_PROGRESS>DONE', 'IN_PROGRESS>CANCELLED', 'BLOCKED>IN_PROGRESS', 'NEEDS_REVIEW>IN_PROGRESS', 'NEEDS_REVIEW>DONE'])) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	return new;
end
$$;
create trigger transition before update on tasks for each row execute function task_transition();

-- Why an agent did what it did about a task (ORC-18).
create table decision_logs (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	task_id uuid not null,
	decision_id uuid,
	reason text not null,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, task_id) references tasks (org_id, id)
);
create index decision_logs_task on decision_logs (org_id, task_id);
select fl_tenant_table('decision_logs', 'select, insert');
