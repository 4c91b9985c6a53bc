-- One's own bookings get another time where they can be cancelled (360), by the rules of the booking page.

-- The booking, when it is one's own and still to come; it is then the one that booking_offer and booking_move are about.
create function booking_own_pick(p_id uuid) returns table (id uuid) language plpgsql as $$
declare
	b bookings;
begin
	select * into b from booking_own() o where o.id = p_id;
	perform set_config('app.subject_id', coalesce(b.id::text, ''), true);
	if b.id is null then
		return;
	elsif b.state <> 'CONFIRMED' then
		perform fl_fail('FL409', 'wrong.booking_over', 'start');
	elsif b.starts_at < now() then
		perform fl_fail('FL409', 'wrong.booking_past', 'start');
	end if;
	return query select b.id;
end
$$;

create function booking_own_move(p_id uuid, p_start timestamptz) returns table (id uuid) language plpgsql as $$
declare
	v_id uuid := (select k.id from booking_own_pick(p_id) k);
	b bookings;
begin
	if v_id is null then
		return;
	end if;
	perform booking_move(p_start, null);
	b := booking_mine();
	perform mail_queue(b.email, b.name, b.locale, 'visit', jsonb_build_object('subject', (select p.name from booking_pages p where p.org_id = b.org_id and p.id = b.page_id),
			'body', booking_when(b.starts_at, b.ends_at, b.zone), 'path', '/me/bookings', 'ics', calendar_ics(array[b.event_id], '-infinity', 'REQUEST')), null, null, null, true);
	return query select v_id;
end
$$;
