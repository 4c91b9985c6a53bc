-- What personal data models elsewhere are not told, as the organisation sets (checklist 59): src/llm/mask.h has the words.
create table llm_privacy (
	org_id uuid primary key references organizations,
	kinds text[] not null default '{}' check (kinds <@ '{email,phone,card,account,identity}'::text[]),
	shapes text not null default '' check (length(shapes) <= 500 and shapes !~ '[\x01-\x1f]'),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
select fl_tenant_table('llm_privacy', 'select, insert, update');
alter table llm_calls add column hidden int not null default 0;

-- The rules as fl_mask_new reads them; empty: everything is told.
create function llm_hidden() returns text language plpgsql stable as $$
begin
	return coalesce((select case when s.kinds = '{}' and s.shapes = '' then '' else array_to_string(s.kinds, ' ') || E'\n' || s.shapes end
		from llm_privacy s where s.org_id = fl_org()), '');
end
$$;

-- A picture cannot be redacted: while anything is, no page is shown to a model elsewhere.
create or replace function document_vision_allowed() returns boolean language sql stable as $$
	select coalesce((select s.vision from chat_settings s where s.org_id = (select fl_org())), false) and llm_hidden() = ''
$$;

create function llm_privacy_set(p_email boolean, p_phone boolean, p_card boolean, p_account boolean, p_identity boolean, p_shapes text)
		returns table ("any" boolean) language plpgsql as $$
declare
	v_kinds text[] := array_remove(array[case when p_email then 'email' end, case when p_phone then 'phone' end, case when p_card then 'card' end,
		case when p_account then 'account' end, case when p_identity then 'identity' end], null);
	v_shapes text := (select coalesce(string_agg(btrim(x), ',' order by n), '') from regexp_split_to_table(p_shapes, '[,\n]') with ordinality s(x, n) where btrim(x) <> '');
begin
	-- One that is short, or names no digit and no letter, would hide half of what people write.
	if exists (select from unnest(string_to_array(v_shapes, ',')) x where length(x) < 4 or x !~ '[#@]' or x !~ '^[ -~]+$') then
		perform fl_fail('FL422', 'wrong.shape', 'shapes');
	end if;
	insert into llm_privacy as s (org_id, kinds, shapes) values (fl_org(), v_kinds, v_shapes)
		on conflict (org_id) do update set kinds = excluded.kinds, shapes = excluded.shapes, updated_at = now();
	if llm_hidden() <> '' then
		delete from document_visions v where v.org_id = fl_org() and v.status = 'ASKED';
	end if;
	perform fl_audit('llm.privacy', 'organization', fl_org(), jsonb_build_object('kinds', v_kinds, 'shapes', v_shapes));
	return query select llm_hidden() <> '';
end
$$;

-- As in 023, with how much was hidden.
create or replace function llm_call_add(p_intake uuid, p_call jsonb) returns void language plpgsql as $$
declare
	c llm_calls := jsonb_populate_record(null::llm_calls, p_call);
begin
	insert into llm_calls (org_id, intake_id, decision_id, purpose, provider, model, prompt_version, prompt, response, prompt_tokens, completion_tokens, cost_micro,
			latency_ms, status, error, trace_id, hidden)
		values (fl_org(), p_intake, (select decision_id from intake_requests where org_id = fl_org() and id = p_intake), c.purpose, c.provider, c.model,
			coalesce(c.prompt_version, ''), coalesce(c.prompt, ''), coalesce(c.response, ''), c.prompt_tokens, c.completion_tokens, c.cost_micro, c.latency_ms, c.status,
			c.error, current_setting('app.request_id', true), coalesce(c.hidden, 0));
end
$$;
