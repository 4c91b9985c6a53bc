-- The ways of a request and of a decision (requirements, state machines 4 and 5), as those of a task are held by the trigger of 013: whoever asks, in whatever
-- statement. The functions ask themselves, without WHEN (391); nothing is asked of an insert. What people do beyond the machine of the requirements: they close from
-- any open state, say that a placed request stands wrong, and open again what was closed or rejected, as an answer of the requester does.

create function intake_transition() returns trigger language plpgsql as $$
begin
	if new.status = old.status then
		new.closed_at := old.closed_at; -- an assignment to a person does not open what is closed
	elsif not (old.status || '>' || new.status = any (array['NEW>ROUTING', 'NEW>ASSIGNED', 'NEW>NEEDS_APPROVAL', 'NEW>NEEDS_REVIEW', 'NEW>CLOSED',
			'ROUTING>ASSIGNED', 'ROUTING>NEEDS_APPROVAL', 'ROUTING>NEEDS_REVIEW', 'ROUTING>CLOSED',
			'NEEDS_APPROVAL>ASSIGNED', 'NEEDS_APPROVAL>NEEDS_REVIEW', 'NEEDS_APPROVAL>CLOSED', 'NEEDS_REVIEW>ASSIGNED', 'NEEDS_REVIEW>REJECTED', 'NEEDS_REVIEW>CLOSED',
			'ASSIGNED>NEEDS_REVIEW', 'ASSIGNED>CLOSED', 'CLOSED>ASSIGNED', 'CLOSED>NEEDS_REVIEW', 'REJECTED>ASSIGNED', 'REJECTED>NEEDS_REVIEW',
			'QUARANTINED>NEW', 'QUARANTINED>REJECTED'])) then
		perform fl_fail('FL409', 'error.transition', 'status');
	end if;
	return new;
end
$$;
create trigger transition before update of status on intake_requests for each row execute function intake_transition();

create function decision_transition() returns trigger language plpgsql as $$
begin
	if new.state <> old.state and not (old.state || '>' || new.state = any (array['PROPOSED>AUTO_EXECUTED', 'PROPOSED>PENDING_APPROVAL', 'PROPOSED>REJECTED',
			'PENDING_APPROVAL>APPROVED', 'PENDING_APPROVAL>EXECUTED', 'PENDING_APPROVAL>REJECTED', 'PENDING_APPROVAL>EXPIRED',
			'APPROVED>EXECUTED', 'APPROVED>FAILED', 'AUTO_EXECUTED>FAILED', 'AUTO_EXECUTED>ROLLED_BACK', 'EXECUTED>FAILED', 'EXECUTED>ROLLED_BACK'])) then
		perform fl_fail('FL409', 'error.transition', 'state');
	end if;
	return new;
end
$$;
create trigger transition before update of state on agent_decisions for each row execute function decision_transition();
