-- The data of the page benches: one organisation, three pipelines of five stages, 5,000 requests with decisions, 500 cards on one board.
\set ON_ERROR_STOP on
select set_config('app.current_org_id', :'org', false) \gset
insert into orchestration_agents (org_id, per_minute, per_hour) select :'org', 100000000, 100000000
	where not exists (select from orchestration_agents where org_id = :'org');
update orchestration_agents set per_minute = 100000000, per_hour = 100000000;
insert into pipelines (org_id, name, description, position)
	select :'org', n, d, i from (values ('Bench sales', 'Prices, quotes, demos, new projects and offers', 1), ('Bench support', 'Help with problems, errors, bugs and access', 2),
	('Bench billing', 'Invoices, payments, refunds and charges', 3)) v (n, d, i);
insert into pipeline_stages (org_id, pipeline_id, name, position)
	select p.org_id, p.id, 'Stage ' || s, s from pipelines p, generate_series(1, 5) s where p.name like 'Bench %' and p.org_id = :'org';
insert into contacts (org_id, name, email) select :'org', 'Person ' || i, 'person' || i || '@clients.example' from generate_series(1, 500) i;
with p as (select id, row_number() over (order by position) - 1 as k from pipelines where org_id = :'org' and name like 'Bench %')
insert into intake_requests (org_id, id, channel, status, subject, body, requester_name, requester_email, pipeline_id, intent, created_at, updated_at, decision_id)
	select :'org', fl_uuid(), (array['form', 'email', 'webhook', 'api'])[1 + i % 4],
		case when i % 50 = 0 then 'NEEDS_REVIEW' when i % 25 = 0 then 'NEEDS_APPROVAL' when i % 3 = 0 then 'CLOSED' else 'ASSIGNED' end,
		'Invoice ' || i || ' was charged twice', 'Our card statement shows the same amount twice. Please return the second one and tell us when. ' || i,
		'Person ' || i % 500, 'person' || i % 500 || '@clients.example', p.id, 'BILLING_QUESTION', now() - make_interval(mins => (5000 - i) * 3),
		now() - make_interval(mins => (5000 - i) * 3), fl_uuid()
	from generate_series(1, 5000) i join p on p.k = i % 3;
insert into agent_decisions (org_id, id, intake_id, state, provider, input_hash, pipeline_id, intent, confidence, auto_threshold, approval_threshold, reason, created_at)
	select org_id, decision_id, id, case status when 'NEEDS_APPROVAL' then 'PENDING_APPROVAL' when 'NEEDS_REVIEW' then 'REJECTED' else 'AUTO_EXECUTED' end,
		'builtin', '\x00', pipeline_id, intent, 0.6 + (number % 40) / 100.0, 0.85, 0.5, 'charged twice, invoice, amount', created_at
	from intake_requests where org_id = :'org';
with b as (select id from pipelines where org_id = :'org' and name = 'Bench billing'),
	s as (select s.id, s.pipeline_id, row_number() over (order by s.position) - 1 as k from pipeline_stages s join b on b.id = s.pipeline_id),
	r as (select id, number, subject, row_number() over (order by number) as i from intake_requests where org_id = :'org' and pipeline_id = (select id from b) limit 500)
insert into pipeline_items (org_id, pipeline_id, stage_id, intake_id, number, title, rank, priority, due_at, by_agent)
	select :'org', s.pipeline_id, s.id, r.id, r.number, r.subject, r.i, 1 + r.i % 9, now() + make_interval(hours => r.i::int % 72), r.i % 2 = 0
	from r join s on s.k = r.i % 5;
insert into counters (org_id, name, value) values (:'org', 'intake.open', 300), (:'org', 'intake.approval', 100), (:'org', 'intake.review', 100)
	on conflict (org_id, name) do update set value = excluded.value;
vacuum analyze;
