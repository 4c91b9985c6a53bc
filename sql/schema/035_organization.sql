-- People of an organisation: invitations, roles, scopes (TEN-11, ROL-02 to ROL-13, X-01).

alter table role_permissions drop constraint role_permissions_role_check, add constraint role_permissions_role_check check (role in ('owner', 'admin',
	'operator', 'pm', 'member', 'viewer', 'user', 'client', 'agent', 'service', 'platform_admin', 'form', 'link', 'webhook', 'none', 'invite'));
select fl_grant('member.read', 'owner admin operator pm member viewer');
select fl_grant('member.manage', 'owner admin');
select fl_grant('org.own', 'owner');
select fl_grant('invite.use', 'invite');

create table organization_invitations (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	email text not null check (email = lower(email)),
	role text not null check (role in ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client')),
	token_hash bytea not null unique,
	invited_by uuid,
	expires_at timestamptz not null default now() + interval '7 days',
	ended_at timestamptz, -- accepted or revoked
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index organization_invitations_open on organization_invitations (org_id, email) where ended_at is null;
select fl_tenant_table('organization_invitations', 'select');

-- What a person is in charge of, besides the role (ROL-05).
create table scope_grants (
	org_id uuid not null,
	user_id uuid not null,
	scope text not null check (scope ~ '^(strategy|(category|subcategory|module)\.[a-z0-9][a-z0-9_-]{0,60})$'),
	created_at timestamptz not null default now(),
	primary key (org_id, user_id, scope),
	foreign key (org_id, user_id) references memberships on delete cascade
);
select fl_tenant_table('scope_grants', 'select');

-- An organisation never loses its last owner, whatever door the change comes through. Two owners who remove each other at once meet at the
-- organisation's row.
create function membership_owner_kept() returns trigger language plpgsql as $$
begin
	if coalesce(current_setting('app.erasing', true), '') = old.org_id::text then
		return null;
	end if;
	perform from public.organizations o where o.id = old.org_id for update;
	if not exists (select from public.memberships m where m.org_id = old.org_id and m.role = 'owner') then
		perform public.fl_fail('FL409', 'wrong.last_owner', 'role');
	end if;
	return null;
end
$$;
select fl_definer_function('membership_owner_kept()', 'fl_definer');
create trigger owner_kept_delete after delete on memberships for each row when (old.role = 'owner') execute function membership_owner_kept();
create trigger owner_kept_update after update on memberships for each row when (old.role = 'owner' and new.role <> 'owner')
	execute function membership_owner_kept();

-- Only owners make owners, and only they change or remove one.
create function member_may(p_role text) returns void language plpgsql as $$
begin
	if p_role = 'owner' and public.fl_role() <> 'owner' then
		perform public.fl_fail('FL403', 'error.owner_only', 'role');
	end if;
end
$$;

-- Invites an address, once at a time: a second invitation takes the place of the first. The mail is in the person's language when the address is known,
-- else in the organisation's.
create function member_invite(p_email text, p_role text) returns table (id uuid, expires_at timestamptz) language plpgsql as $$
declare
	v_email text := lower(p_email);
	v_token text := translate(encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64'), E'+/=\n', '-_');
	v_hash bytea := sha256(convert_to(v_token, 'UTF8'));
	v_id uuid := public.fl_uuid();
	v_name text;
	v_language text;
	o public.organizations;
begin
	perform public.member_may(p_role);
	select * into o from public.organizations g where g.id = public.fl_org() for update;
	if exists (select from public.memberships m where m.org_id = o.id and m.email = v_email) then
		perform public.fl_fail('FL422', 'wrong.member_already', 'email');
	end if;
	if (select count(*) from public.organization_invitations i where i.org_id = o.id and i.created_at > now() - interval '1 day') >= 200 then
		perform public.fl_fail('FL429', 'wrong.invitations_many');
	end if;
	perform public.invitation_end(i.id) from public.organization_invitations i where i.org_id = o.id and i.email = v_email and i.ended_at is null;
	insert into public.organization_invitations as i (org_id, id, email, role, token_hash, invited_by)
		values (o.id, v_id, v_email, p_role, v_hash, public.fl_user()) returning i.expires_at into member_invite.expires_at;
	insert into public.principals (token_hash, org_id, kind, subject_id, role, rights, org_name, zone, locale, expires_at)
		select v_hash, o.id, 'link', v_id, 'invite', public.fl_rights('invite'), o.name, o.zone, coalesce((select u.preferred_language from public.users u
			where u.email = v_email), o.default_language), member_invite.expires_at;
	select m.name into v_name from public.memberships m where m.org_id = o.id and m.user_id = public.fl_user();
	select u.preferred_language into v_language from public.users u where u.email = v_email;
	perform public.mail_queue(v_email, '', v_language, 'invite', jsonb_build_object('author', coalesce(v_name, o.name), 'subject', p_role,
		'path', '/invitations/' || v_token), null, null, null, false);
	perform public.fl_audit('member.invite', 'invitation', v_id, jsonb_build_object('role', p_role));
	id := v_id;
	return next;
end
$$;

create function invitation_end(p_id uuid) returns boolean language plpgsql as $$
declare
	v_hash bytea;
begin
	update public.organization_invitations i set ended_at = now(), updated_at = now() where i.org_id = public.fl_org() and i.id = p_id and i.ended_at is null
		returning i.token_hash into v_hash;
	delete from public.principals p where p.token_hash = v_hash and p.org_id = public.fl_org();
	return v_hash is not null;
end
$$;
select fl_definer_function('invitation_end(uuid)', 'fl_definer'), fl_definer_function('member_invite(text, text)');

create function invitation_revoke(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	if exists (select from public.organization_invitations i where i.org_id = public.fl_org() and i.id = p_id) then
		if public.invitation_end(p_id) then
			perform public.fl_audit('member.uninvite', 'invitation', p_id);
		end if;
		return query select p_id;
	end if;
end
$$;
select fl_definer_function('invitation_revoke(uuid)');

-- What the invited person sees; the tenant is the one of the link.
create function invitation_show() returns table (id uuid, email text, role text, org_name text, invited_by text, expires_at timestamptz, known boolean)
	language plpgsql stable as $$
begin
	return query select i.id, i.email, i.role, o.name, m.name, i.expires_at, exists (select from public.users u where u.email = i.email)
		from public.organization_invitations i join public.organizations o on o.id = i.org_id
			left join public.memberships m on m.org_id = i.org_id and m.user_id = i.invited_by
		where i.org_id = public.fl_org() and i.id = nullif(current_setting('app.subject_id', true), '')::uuid and i.ended_at is null;
end
$$;
select fl_definer_function('invitation_show()');

-- Before a password is hashed: whether the link is good, and whether its address has an account.
create function invitation_look(p_hash bytea) returns table (email text, known boolean) language plpgsql stable as $$
begin
	return query select i.email, exists (select from public.users u where u.email = i.email) from public.organization_invitations i
		where i.token_hash = p_hash and i.ended_at is null and i.expires_at > now();
end
$$;
select fl_definer_function('invitation_look(bytea)');

-- Takes the invitation, once: the mail proves the address. A newcomer brings name and password hash; who has an account keeps it as it is.
create function invitation_accept(p_name text, p_password text) returns table (id uuid, email text) language plpgsql as $$
declare
	i public.organization_invitations;
	u public.users;
begin
	select * into i from public.organization_invitations v where v.org_id = public.fl_org() and v.id = nullif(current_setting('app.subject_id', true), '')::uuid
		and v.ended_at is null and v.expires_at > now() for update;
	if i.id is null then
		return;
	end if;
	select * into u from public.users x where x.email = i.email;
	if u.id is null then
		if p_name is null or p_password is null then
			perform public.fl_fail('FL409', 'wrong.stale', 'name');
		end if;
		insert into public.users (email, name, password_hash) values (i.email, p_name, p_password) returning * into u;
	elsif u.disabled_at is not null then
		perform public.fl_fail('FL403', 'error.not_allowed');
	end if;
	insert into public.memberships (org_id, user_id, role, name, email) values (i.org_id, u.id, i.role, u.name, u.email)
		on conflict (org_id, user_id) do nothing;
	perform public.invitation_end(i.id), public.fl_sessions_refresh(u.id);
	perform set_config('app.user_id', u.id::text, true), set_config('app.actor', 'user', true);
	perform public.fl_audit('member.join', 'user', u.id, jsonb_build_object('role', i.role, 'invitation', i.id));
	return query select u.id, u.email;
end
$$;
select fl_definer_function('invitation_accept(text, text)');

-- A new role counts from the next request on: the principals of all sessions are written anew (ROL-12).
create function member_role(p_user uuid, p_role text) returns table (id uuid) language plpgsql as $$
declare
	v_was text;
begin
	select m.role into v_was from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user for update;
	if v_was is null then
		return;
	end if;
	perform public.member_may(v_was), public.member_may(p_role);
	if v_was <> p_role then
		update public.memberships m set role = p_role, updated_at = now() where m.org_id = public.fl_org() and m.user_id = p_user;
		perform public.fl_sessions_refresh(p_user);
		perform public.fl_audit('member.role', 'user', p_user, jsonb_build_object('was', v_was, 'role', p_role));
	end if;
	return query select p_user;
end
$$;
select fl_definer_function('member_role(uuid, text)');

create function member_remove(p_user uuid) returns table (id uuid) language plpgsql as $$
declare
	v_was text;
begin
	select m.role into v_was from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user for update;
	if v_was is null then
		return;
	end if;
	perform public.member_may(v_was);
	delete from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user;
	delete from public.principals p where p.org_id = public.fl_org() and p.user_id = p_user and p.kind <> 'session';
	perform public.fl_sessions_refresh(p_user);
	perform public.fl_audit('member.remove', 'user', p_user, jsonb_build_object('was', v_was));
	return query select p_user;
end
$$;
select fl_definer_function('member_remove(uuid)');

-- Replaces the scopes of a member by those given, one a line or separated by commas or blanks.
create function member_scopes(p_user uuid, p_scopes text) returns table (id uuid) language plpgsql as $$
declare
	v_scopes text[] := array(select distinct lower(s) from unnest(regexp_split_to_array(coalesce(p_scopes, ''), '[\s,]+')) s where s <> '');
begin
	if not exists (select from public.memberships m where m.org_id = public.fl_org() and m.user_id = p_user) then
		return;
	end if;
	if cardinality(v_scopes) > 50 or exists (select from unnest(v_scopes) s where s !~ '^(strategy|(category|subcategory|module)\.[a-z0-9][a-z0-9_-]{0,60})$') then
		perform public.fl_fail('FL422', 'wrong.scope', 'scopes');
	end if;
	delete from public.scope_grants g where g.org_id = public.fl_org() and g.user_id = p_user and g.scope <> all (v_scopes);
	insert into public.scope_grants (org_id, user_id, scope) select public.fl_org(), p_user, s from unnest(v_scopes) s on conflict do nothing;
	perform public.fl_audit('member.scopes', 'user', p_user, jsonb_build_object('scopes', to_jsonb(v_scopes)));
	return query select p_user;
end
$$;
select fl_definer_function('member_scopes(uuid, text)');

