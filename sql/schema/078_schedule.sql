-- Times people ask for in their own words (SCH-01): what a request that wants a meeting says, as read from its text.

create table schedule_readings (
	org_id uuid not null references organizations,
	intake_id uuid not null,
	n int not null check (n between 1 and 3), -- in the order of the text
	phrase text not null,
	starts_local timestamp not null, -- on the wall clock of the zone
	ends_local timestamp not null check (ends_local > starts_local),
	zone text not null,
	timed boolean not null, -- a time of the day was named
	doubt text not null check (doubt in ('clear', 'am_or_pm', 'which_day', 'past', 'mismatch', 'impossible')),
	created_at timestamptz not null default now(),
	primary key (org_id, intake_id, n),
	foreign key (org_id, intake_id) references intake_requests (org_id, id) on delete cascade
);
select fl_tenant_table('schedule_readings');

-- A request that was understood to want a meeting is read once for its times, beside everything else.
create function schedule_wanted() returns trigger language plpgsql as $$
begin
	perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', new.intake_id), 5, null, new.intake_id::text);
	return null;
end
$$;
create trigger schedule_wanted after insert on agent_decisions for each row when (new.intent = 'SCHEDULING') execute function schedule_wanted();

-- Keeps what was read, in place of an earlier reading of the same text. p_readings: [{phrase, start, end, zone, timed, doubt}].
create function schedule_keep(p_intake uuid, p_readings jsonb) returns table (done bigint) language plpgsql as $$
begin
	delete from schedule_readings s where s.org_id = fl_org() and s.intake_id = p_intake;
	insert into schedule_readings (org_id, intake_id, n, phrase, starts_local, ends_local, zone, timed, doubt)
		select fl_org(), p_intake, r.n, r.v ->> 'phrase', (r.v ->> 'start')::timestamp, (r.v ->> 'end')::timestamp, r.v ->> 'zone', (r.v ->> 'timed')::boolean, r.v ->> 'doubt'
		from jsonb_array_elements(p_readings) with ordinality r(v, n)
		where exists (select from intake_requests i where i.org_id = fl_org() and i.id = p_intake);
	get diagnostics done = row_count;
	return next;
end
$$;
