-- A mail that was refused the first time said that nobody had tried: the run that failed is written down after it. One that is only buried makes no attempt of its own.
create or replace function mail_failed(p_id uuid, p_error text) returns void language plpgsql as $$
declare
	v_job uuid := nullif(current_setting('app.job_id', true), '')::uuid;
	v_status text := substring(p_error from '\m5\.[0-9]{1,3}\.[0-9]{1,3}\M');
begin
	update email_messages e set state = 'failed', error = p_error, updated_at = now(), sent_at = null,
			tries = least(32000, (select count(*) from job_attempts a where a.org_id = e.org_id and a.job_id = v_job and a.outcome <> 'returned')
				+ (select count(*) from jobs j where j.org_id = e.org_id and j.id = v_job and j.kills < 3 and j.errors < j.max_attempts))
		where e.org_id = fl_org() and e.id = p_id and e.state not in ('sent', 'bounced');
	if not found then
		return;
	end if;
	perform fl_audit('email.failed', 'email', p_id, jsonb_build_object('error', left(p_error, 300)));
	if mail_status_hard(v_status) then
		perform mail_came_back(p_id, 'failed', v_status, p_error);
	else
		perform fl_notify(null, 'mail_failed', 'email', p_id, '{}');
	end if;
end
$$;
