-- Two figures of the business (OBS-05): documents by what became of them, and conversations that are alive.

create function document_counted() returns trigger language plpgsql as $$
begin
	insert into public.counter_deltas (org_id, name, delta) values (new.org_id, 'ingest.' || lower(new.status), 1);
	return null;
end
$$;
create trigger document_counted_in after insert on documents for each row when (new.status in ('COMPLETED', 'STORED', 'FAILED', 'INFECTED')) execute function document_counted();
create trigger document_counted_up after update of status on documents for each row
	when (new.status in ('COMPLETED', 'STORED', 'FAILED', 'INFECTED') and new.status <> old.status) execute function document_counted();

create index conversations_recent on conversations (updated_at);

-- Of each figure the twenty largest organisations by name, the rest as `other` (X-65).
create function observe_business() returns setof observe_sample language sql stable as $$
	with n(metric, kind, org_id, v2, value) as (
		select 'document_ingestions_total', 'counter', c.org_id, substr(c.name, 8), c.value::float8 from public.counters c where c.name like 'ingest.%'
		union all select 'agent_conversations_active', 'gauge', c.org_id, null, count(*) from public.conversations c where c.updated_at > now() - interval '30 minutes' group by c.org_id
	), top as (
		select metric, org_id from (select n.metric, n.org_id, row_number() over (partition by n.metric order by sum(n.value) desc, n.org_id) as place from n group by n.metric, n.org_id) x
		where place <= 20
	)
	select n.metric, n.kind, 'org', coalesce(o.slug, 'other'), case when n.v2 is not null then 'status' end, n.v2, null, null, sum(n.value)
	from n left join top using (metric, org_id) left join public.organizations o on o.id = top.org_id
	group by n.metric, n.kind, coalesce(o.slug, 'other'), n.v2 order by 1, 4, 6
$$;
select fl_definer_function('observe_business()');

