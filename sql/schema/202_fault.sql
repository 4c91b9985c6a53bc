-- Faults are told to a service that speaks the protocol of Sentry, where SENTRY_DSN names one (OBS-11). Ids and masked words only (X-41).

-- As in 042, and a job that tells; one a fault while it waits.
create or replace function program_error(p_route text, p_place text, p_message text, p_status bigint, p_org text, p_user text, p_role text, p_request text) returns void
	language plpgsql as $$
declare
	v_fingerprint text := md5(p_route || p_place);
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
begin
	insert into public.program_errors as e (fingerprint, route, place, message, status, org_id, user_id, role, request_id)
		values (v_fingerprint, p_route, p_place, left(p_message, 500), p_status::int, nullif(p_org, '')::uuid, nullif(p_user, '')::uuid, p_role, p_request)
		on conflict (fingerprint) do update set message = excluded.message, status = excluded.status, times = e.times + 1, last_at = now(),
			org_id = excluded.org_id, user_id = excluded.user_id, role = excluded.role, request_id = excluded.request_id;
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
	perform public.fl_enqueue('automation', 'fault.tell', jsonb_build_object('fingerprint', v_fingerprint), 9, null, v_fingerprint);
	perform set_config('app.current_org_id', v_org, true);
end
$$;
select fl_definer_function('program_error(text, text, text, bigint, text, text, text, text)');

-- The event as that service reads it (develop.sentry.dev, event payloads); its breadcrumbs are the last acts of the same person.
create function fault_event(p_fingerprint text) returns table (id text, event text) language plpgsql stable as $$
begin
	return query select x.id, jsonb_build_object('event_id', x.id, 'timestamp', extract(epoch from e.last_at), 'platform', 'c', 'level', 'error', 'logger', 'fairlead',
			'transaction', e.route, 'culprit', e.place, 'message', jsonb_build_object('formatted', e.message), 'fingerprint', jsonb_build_array(e.fingerprint),
			'user', jsonb_build_object('id', e.user_id),
			'tags', jsonb_build_object('workspace', e.org_id, 'role', e.role, 'status', e.status::text, 'request_id', e.request_id, 'times', e.times::text),
			'breadcrumbs', jsonb_build_object('values', coalesce((select jsonb_agg(b.crumb order by b.id) from (select a.id, jsonb_build_object('timestamp', extract(epoch from a.at),
				'category', 'audit', 'message', a.action, 'data', jsonb_build_object('subject_id', a.subject_id)) as crumb from public.audit_log a
				where a.org_id = e.org_id and a.actor_id = e.user_id order by a.id desc limit 20) b), '[]')))::text
		from public.program_errors e cross join lateral (select md5(e.fingerprint || e.times || e.first_at) as id) x where e.fingerprint = p_fingerprint;
end
$$;
select fl_definer_function('fault_event(text)');
