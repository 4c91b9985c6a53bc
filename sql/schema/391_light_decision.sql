-- What each decision asked of PostgreSQL, made less (instructions of a backend under callgrind).

-- The rights of a role were gathered from its rows by each job, twice: 0.15 million.
create table role_rights (
	role text primary key,
	rights text not null
);
grant select on role_rights to fl_app, fl_sweep, fl_definer;
grant insert, update, delete on role_rights to fl_definer;

create function role_rights_keep() returns trigger language plpgsql as $$
begin
	lock table public.role_rights in share row exclusive mode;
	delete from public.role_rights;
	insert into public.role_rights select role, ' ' || string_agg(permission, ' ' order by permission) || ' ' from public.role_permissions group by role;
	return null;
end
$$;
select fl_definer_function('role_rights_keep()');
create trigger role_rights after insert or update or delete or truncate on role_permissions for each statement execute function role_rights_keep();
insert into role_rights select role, ' ' || string_agg(permission, ' ' order by permission) || ' ' from role_permissions group by role;

create or replace function fl_rights(p_role text, p_admin boolean default false) returns text language plpgsql stable as $$
begin
	if not p_admin then
		return coalesce((select rights from public.role_rights where role = p_role), '  ');
	end if;
	return (select ' ' || coalesce(string_agg(distinct permission, ' '), '') || ' ' from public.role_permissions where role in (p_role, 'platform_admin'));
end
$$;

-- The text of a trigger's WHEN is read anew by each statement that updates (as in 311): the functions ask themselves, and all that follows from a new status is one.
create function intake_status_follow() returns trigger language plpgsql as $$
declare
	v_names text[] := '{}';
	v_deltas bigint[] := '{}';
begin
	if old.status = new.status then
		return null;
	end if;
	if intake_counter(old.status) <> intake_counter(new.status) then
		v_names := array[intake_counter(old.status), intake_counter(new.status)];
		v_deltas := '{-1,1}';
	end if;
	if old.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		v_names := v_names || case old.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end;
		v_deltas := v_deltas || bigint '-1';
	end if;
	if new.status in ('NEEDS_APPROVAL', 'NEEDS_REVIEW') then
		v_names := v_names || case new.status when 'NEEDS_APPROVAL' then 'intake.approval' else 'intake.review' end;
		v_deltas := v_deltas || bigint '1';
	end if;
	insert into counter_deltas (org_id, name, delta) select new.org_id, n.name, n.delta from unnest(v_names, v_deltas) n(name, delta);
	if old.status = 'NEEDS_APPROVAL' then
		update agent_decisions set state = 'REJECTED', decided_by = fl_user(), decided_at = now(), correct = case when new.pipeline_id is not null then pipeline_id = new.pipeline_id end
			where org_id = new.org_id and id = old.decision_id and state = 'PENDING_APPROVAL';
	end if;
	if new.status in ('CLOSED', 'REJECTED') then
		delete from intake_unanswered u where u.org_id = new.org_id and u.intake_id = new.id;
	end if;
	return null;
end
$$;
drop trigger recount on intake_requests;
drop trigger decision_overtaken on intake_requests;
drop trigger unanswered on intake_requests;
drop function intake_recount();
drop function decision_overtaken();
drop function intake_unanswered_close();
create trigger status_follow after update of status on intake_requests for each row execute function intake_status_follow();

-- As in 174.
create or replace function task_template_reach() returns trigger language plpgsql as $$
declare
	v_id uuid;
begin
	if new.pipeline_id is null or new.pipeline_id is not distinct from old.pipeline_id then
		return null;
	end if;
	for v_id in select l.id from task_templates l where l.org_id = new.org_id and l.pipeline_id = new.pipeline_id and l.stage_id is null and l.archived_at is null
			and exists (select from task_template_steps s where s.org_id = l.org_id and s.template_id = l.id) order by l.id loop
		insert into task_template_uses (org_id, template_id, intake_id) values (new.org_id, v_id, new.id) on conflict do nothing;
		if found then
			perform task_template_use(v_id, new.id, now());
		end if;
	end loop;
	return null;
end
$$;
drop trigger task_templates on intake_requests;
create trigger task_templates after update of pipeline_id on intake_requests for each row execute function task_template_reach();

-- schedule_wanted asks itself (341).
drop trigger schedule_wanted on agent_decisions;
create trigger schedule_wanted after insert on agent_decisions for each row execute function schedule_wanted();

-- As in 065; an organisation without policies computes nothing.
create or replace function sla_follow() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
	v_before text := current_setting('app.current_org_id', true);
	v_intake uuid;
begin
	if tg_table_name = 'intake_messages' then
		v_intake := new.intake_id;
	elsif new.status is distinct from old.status or new.pipeline_id is distinct from old.pipeline_id or new.priority is distinct from old.priority
			or new.contact_id is distinct from old.contact_id or new.closed_at is distinct from old.closed_at then
		v_intake := new.id;
	else
		return null;
	end if;
	if exists (select from sla_policies p where p.org_id = new.org_id and p.active) or exists (select from sla_clocks c where c.org_id = new.org_id and c.intake_id = v_intake) then
		perform set_config('app.current_org_id', new.org_id::text, true);
		perform sla_compute(v_intake);
		perform set_config('app.current_org_id', coalesce(v_before, ''), true);
	end if;
	return null;
end
$$;
select fl_definer_function('sla_follow()');
drop trigger sla_follow on intake_requests;
create constraint trigger sla_follow after update on intake_requests deferrable initially deferred for each row execute function sla_follow();

-- As no other table that many requests write has it: each notice asked for its organisation's row again and locked it.
alter table notifications drop constraint notifications_org_id_fkey;
