-- What an administrator of the platform looks at is in the audit log too (X-69): one row a page and five minutes, since pages refresh themselves. Runs before fl_enter makes
-- the transaction of a GET read-only; where fl_enter or the second factor refuses, nothing is kept.
create function admin_look(p_hash bytea, p_path text, p_request text) returns void language plpgsql as $$
declare
	v_platform constant uuid := '00000000-0000-0000-0000-000000000000';
	v_user uuid := (select p.user_id from public.principals p where p.token_hash = p_hash and p.active and p.admin);
begin
	if v_user is null or exists (select from public.audit_log a where a.org_id = v_platform and a.id > public.uuid_at(now() - interval '5 minutes')
			and a.action = 'admin.look' and a.actor_id = v_user and a.detail ->> 'path' = left(p_path, 300)) then
		return;
	end if;
	insert into public.audit_log (org_id, actor_type, actor_id, action, subject_kind, subject_id, detail, request_id)
		values (v_platform, 'user', v_user, 'admin.look', 'page', substring(p_path from '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')::uuid,
			jsonb_build_object('path', left(p_path, 300)), p_request);
end
$$;
select fl_definer_function('admin_look(bytea, text, text)');
