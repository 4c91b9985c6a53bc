-- What follows a request's status writes each counter that changes by a line of its own, not those of four lines that turn out to have a name: 51 thousand instructions of a
-- backend less for a decision, of 2.9 million.
create or replace function intake_status_follow() returns trigger language plpgsql as $$
begin
	if old.status = new.status then
		return null;
	end if;
	if intake_counter(old.status) <> intake_counter(new.status) then
		insert into counter_deltas (org_id, name, delta) values (new.org_id, intake_counter(old.status), -1), (new.org_id, intake_counter(new.status), 1);
	end if;
	if old.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		insert into counter_deltas (org_id, name, delta) values (new.org_id, case old.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end, -1);
	end if;
	if new.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		insert into counter_deltas (org_id, name, delta) values (new.org_id, case new.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end, 1);
	end if;
	if old.status = 'NEEDS_APPROVAL' then
		update agent_decisions set state = 'REJECTED', decided_by = fl_user(), decided_at = now(), correct = case when new.pipeline_id is not null then pipeline_id = new.pipeline_id end
			where org_id = new.org_id and id = old.decision_id and state = 'PENDING_APPROVAL';
	end if;
	if new.status in ('CLOSED', 'REJECTED') then
		delete from intake_unanswered u where u.org_id = new.org_id and u.intake_id = new.id;
	end if;
	return null;
end
$$;
