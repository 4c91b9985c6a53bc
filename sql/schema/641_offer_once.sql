-- The free times of a page are sought once: its sets (days, times, what comes later) ask one after the other in one transaction, and each but the first
-- finds what the first one found.
create or replace function booking_offer(p_day date, p_zone text) returns table (day date, starts_at timestamptz, clock text, zone text, nth bigint) language plpgsql rows 100 as $$
declare
	v_subject uuid := nullif(current_setting('app.subject_id', true), '')::uuid;
	v_key text := concat_ws(' ', v_subject, coalesce(p_day::text, '-'), p_zone) || chr(10);
	v_kept text := current_setting('app.offer', true);
	b bookings;
	p booking_pages;
	v_zone text;
	v_from date;
	v_at timestamptz[];
begin
	select * into b from bookings x where x.org_id = fl_org() and x.id = v_subject;
	select * into p from booking_pages x where x.org_id = fl_org() and x.id = coalesce(b.page_id, v_subject) and x.active;
	v_zone := case when calendar_is_zone(p_zone) then p_zone else coalesce(b.zone, p.zone) end;
	if starts_with(v_kept, v_key) then
		v_at := substr(v_kept, length(v_key) + 1)::timestamptz[];
	else
		v_from := coalesce(p_day, (now() at time zone p.zone)::date);
		v_at := array(select x.at from (select s.starts_at, dense_rank() over (order by (s.starts_at at time zone v_zone)::date)
			from booking_slots(p.id, v_from, v_from + 60, b.id, case when b.id is not null then booking_minutes(b) end) s) x(at, nth) where x.nth <= 5 order by x.at);
		perform set_config('app.offer', v_key || v_at::text, true);
	end if;
	return query select (x.at at time zone v_zone)::date, x.at, to_char(x.at at time zone v_zone, 'HH24:MI'), v_zone, dense_rank() over (order by (x.at at time zone v_zone)::date)
		from unnest(v_at) x(at) order by x.at;
end
$$;
