-- As in 271; a file that waits may be refused without saying when it was sent.

-- What the reader made of what was there at p_seen: a picture, or the reason why not. What was sent since has its own job. Without p_seen: of whatever waits.
create or replace function avatar_seen(p_user uuid, p_seen timestamptz, p_image bytea, p_reason text) returns void language plpgsql as $$
begin
	update public.user_avatars a set state = case when p_image is null then 'refused' else 'shown' end, reason = p_reason, image = coalesce(p_image, a.image), sent = null
		where a.user_id = p_user and a.state = 'waits' and a.updated_at = coalesce(p_seen, a.updated_at);
	if found and p_image is not null then
		perform public.avatar_set(p_user, replace(gen_random_uuid()::text, '-', ''));
	end if;
end
$$;
select fl_definer_function('avatar_seen(uuid, timestamptz, bytea, text)');
