-- What was counted yesterday is not of today: until the sweep comes by, up to a minute after midnight in the organisation's zone, nothing of today is known.
create or replace function desk_figures(out today bigint, out today_alone bigint, out alone bigint, out decided bigint, out points bigint, out checked bigint, out wrong bigint,
	out p95 bigint, out p95_before bigint, out counted_at timestamptz) language plpgsql stable as $$
declare
	v_before_alone bigint;
	v_before bigint;
	v_n int := 0;
	v_today date := (now() at time zone (select o.zone from public.organizations o where o.id = public.fl_org()))::date;
	d public.request_days;
begin
	today := 0; today_alone := 0; alone := 0; decided := 0; checked := 0; wrong := 0; v_before_alone := 0; v_before := 0;
	for d in select * from public.request_days t where t.org_id = public.fl_org() order by t.day desc limit 14 loop
		v_n := v_n + 1;
		if v_n = 1 and d.day = v_today then
			today := d.requests;
			today_alone := d.alone;
			counted_at := d.counted_at;
		end if;
		if v_n <= 7 then
			alone := alone + d.alone;
			decided := decided + d.requests;
		else
			v_before_alone := v_before_alone + d.alone;
			v_before := v_before + d.requests;
		end if;
		checked := checked + d.checked;
		wrong := wrong + d.wrong;
		if v_n = 1 then
			p95 := d.answer_p95_s;
		elsif v_n = 8 then
			p95_before := d.answer_p95_s;
		end if;
	end loop;
	points := round(100.0 * alone / nullif(decided, 0) - 100.0 * v_before_alone / nullif(v_before, 0));
end
$$;
select fl_definer_function('desk_figures()');
