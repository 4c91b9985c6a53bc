-- The orchestration agent: its configuration, its decisions and what they did, calls to models, the learner (ORC, LLM).

select fl_grant('decision.read', 'owner admin operator pm member viewer agent');
select fl_grant('decision.approve', 'owner admin operator');
select fl_grant('agent.manage', 'owner admin');

create table orchestration_agents (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null default 'Front desk',
	active boolean not null default true,
	capabilities text[] not null default '{ASSIGN_PIPELINE,SEND_NOTIFICATION,ESCALATE}',
	auto_threshold double precision not null default 0.85 check (auto_threshold between 0 and 1),
	approval_threshold double precision not null default 0.5 check (approval_threshold between 0 and 1),
	chain text, -- providers in turn; null: the site's
	per_minute int not null default 60 check (per_minute > 0),
	per_hour int not null default 500 check (per_hour > 0),
	tokens_per_window bigint not null default 200000, -- of the four windows a day (X-47)
	instructions text not null default '',
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	check (auto_threshold >= approval_threshold)
);
create unique index orchestration_agents_one on orchestration_agents (org_id) where active;
select fl_tenant_table('orchestration_agents');

create table agent_decisions (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	agent_id uuid,
	agent_version int,
	intake_id uuid not null,
	state text not null check (state in ('PROPOSED', 'AUTO_EXECUTED', 'PENDING_APPROVAL', 'APPROVED', 'EXECUTED', 'REJECTED', 'EXPIRED', 'FAILED', 'ROLLED_BACK')),
	provider text not null,       -- builtin, anthropic, openai; form: its destination was given
	model text not null default '', -- of the built-in: v and the number of its learner_models row, v0 before there is one
	prompt_version text not null default '',
	fallback text,                -- why not the first provider of the chain
	input_hash bytea not null,    -- of subject and body
	context_digest bytea,         -- of pipelines, thresholds and rules seen
	pipeline_id uuid,             -- proposed destination; null: none fits
	intent text,
	confidence double precision check (confidence between 0 and 1),
	stated double precision,      -- what a language model said of itself, before it was capped
	auto_threshold double precision not null,
	approval_threshold double precision not null,
	reason text not null default '',
	evidence jsonb not null default '[]',     -- phrases of the text that weighed most
	alternatives jsonb not null default '[]', -- [{"pipeline_id","name","confidence"}]
	entities jsonb not null default '{}',
	actions jsonb not null default '[]',      -- [{"type","args"}] as decided
	priority smallint check (priority between 1 and 9),
	edits jsonb,                              -- what the approver changed: [{"field","from","to"}]
	raw_output text,
	latency_us bigint not null default 0,
	prompt_tokens bigint not null default 0,
	completion_tokens bigint not null default 0,
	cost_micro bigint not null default 0,     -- millionths of a US dollar
	decided_by uuid,                          -- the approver or rejecter
	decided_at timestamptz,
	decided_reason text,
	undone_at timestamptz,
	undone_by uuid,
	correct boolean,              -- what a person found later; null: nobody looked
	created_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index agent_decisions_intake on agent_decisions (org_id, intake_id, id);
create index agent_decisions_state on agent_decisions (org_id, state, id) where state in ('PENDING_APPROVAL', 'PROPOSED', 'FAILED');
select fl_tenant_table('agent_decisions', 'select, insert, update');

-- One row for each action a decision carried out, with what undoes it.
create table decision_actions (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	decision_id uuid not null,
	n int not null,
	type text not null,
	args jsonb not null,
	state text not null check (state in ('done', 'failed', 'undone')),
	result jsonb not null default '{}',
	inverse jsonb, -- what puts it back; null: cannot be undone
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, decision_id, n),
	foreign key (org_id, decision_id) references agent_decisions (org_id, id)
);
select fl_tenant_table('decision_actions', 'select, insert, update');

create table llm_calls (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	decision_id uuid,
	intake_id uuid,
	purpose text not null,
	provider text not null,
	model text not null,
	prompt_version text not null default '',
	prompt text not null,   -- redacted
	response text not null, -- redacted
	prompt_tokens bigint not null default 0,
	completion_tokens bigint not null default 0,
	cost_micro bigint not null default 0,
	latency_ms bigint not null default 0,
	status text not null check (status in ('ok', 'error', 'unparsable', 'skipped')),
	error text,
	trace_id text,
	created_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index llm_calls_age on llm_calls (org_id, created_at);
select fl_tenant_table('llm_calls', 'select, insert');

-- Tokens a call that is under way may use: what is used and what is reserved together never pass the budget of a window by more than one call.
create table llm_reservations (
	org_id uuid not null references organizations,
	intake_id uuid not null,
	tokens bigint not null check (tokens > 0),
	expires_at timestamptz not null,
	primary key (org_id, intake_id)
);
select fl_tenant_table('llm_reservations');

-- What people said is right: the learner's rows.
create table labelled_cases (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	intake_id uuid,
	pipeline_id uuid, -- null: none fits
	subject text not null,
	body text not null,
	source text not null check (source in ('approval', 'correction', 'assignment', 'import')),
	created_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index labelled_cases_intake on labelled_cases (org_id, intake_id) where intake_id is not null;
select fl_tenant_table('labelled_cases');

create table learner_models (
	org_id uuid not null references organizations,
	version bigint not null,
	bytes bytea not null,
	cases int not null,
	trained_at timestamptz not null default now(),
	primary key (org_id, version)
);
select fl_tenant_table('learner_models');
