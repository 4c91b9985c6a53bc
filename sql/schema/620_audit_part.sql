-- The audit log in parts, a month each (SEC-16, OPS-14). Parts go by id: a UUIDv7 begins with its time, so (org_id, id) stays the key of the whole log, whatever
-- joins by it or pages by it finds its part, and the chain, which goes by (xid, id), is what it was.
-- First of three: what was written so far, and until the month after next week, is to be the first part. The check says so, that it need not be read under a lock.
alter table audit_log no force row level security;
do $$
declare
	-- the last of each organisation, by the key
	v_last uuid := (with recursive o(id) as ((select a.org_id from audit_log a order by a.org_id limit 1)
			union all select (select a.org_id from audit_log a where a.org_id > o.id order by a.org_id limit 1) from o where o.id is not null)
		select x.last from o cross join lateral (select a.id as last from audit_log a where a.org_id = o.id order by a.id desc limit 1) x order by x.last desc limit 1);
	v_until timestamptz;
begin
	v_until := greatest(now() + interval '8 days', to_timestamp(('x' || lpad(left(replace(v_last::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000));
	v_until := (date_trunc('month', v_until at time zone 'UTC') + interval '1 month') at time zone 'UTC';
	execute format('alter table audit_log add constraint audit_log_part check (id < %L) not valid', observe_id_at(v_until));
end
$$;
alter table audit_log force row level security;
