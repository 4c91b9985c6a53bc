-- As in 160. A job of the talk wishes what another did meanwhile to be read after it: by a job of its own, for the key is its own key. Read twice, a message is one turn.
create or replace function schedule_read_next(p_intake uuid, p_message uuid) returns void language plpgsql as $$
begin
	perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', p_intake, 'message_id', p_message), 5, null,
		case when coalesce(current_setting('app.job_id', true), '') = '' then p_message::text end);
end
$$;
