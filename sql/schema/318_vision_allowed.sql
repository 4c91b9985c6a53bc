-- As in 280, where the organisation allows it.

-- Whether pictures of pages may go to a model outside is the organisation's to say.
alter table chat_settings add column vision boolean not null default false;

drop function chat_set(boolean, text);

create function chat_set(p_general boolean, p_chain text, p_vision boolean) returns table (general boolean) language plpgsql as $$
begin
	if p_chain is not null and p_chain !~ '^(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?(,(anthropic|openai|builtin)(:[A-Za-z0-9._/-]{1,80})?){0,5}$' then
		perform fl_fail('FL422', 'wrong.chain', 'chain');
	end if;
	insert into chat_settings as s (org_id, general, chain, vision) values (fl_org(), p_general, nullif(p_chain, ''), p_vision)
		on conflict (org_id) do update set general = excluded.general, chain = excluded.chain, vision = excluded.vision, updated_at = now();
	if not p_vision then -- what is still to be looked at is not
		delete from document_visions v where v.org_id = fl_org() and v.status = 'ASKED';
	end if;
	perform fl_audit('chat.change', 'organization', fl_org(), jsonb_build_object('general', p_general, 'chain', p_chain, 'vision', p_vision));
	return query select p_general;
end
$$;

create function document_vision_allowed() returns boolean language sql stable as $$
	select coalesce((select s.vision from chat_settings s where s.org_id = (select fl_org())), false)
$$;

-- Has a model look at the pages of a document that have a picture it did not see: the first thirty.
create or replace function document_vision_ask(p_id uuid) returns void language plpgsql as $$
declare
	g record;
begin
	for g in select p.page, p.image from document_pages p where p.org_id = fl_org() and p.document_id = p_id and p.image is not null and p.page <= 30 and document_vision_allowed()
			and not exists (select from document_visions v where v.org_id = p.org_id and v.document_id = p.document_id and v.page = p.page and v.image = p.image) order by p.page loop
		insert into document_visions as v (org_id, document_id, page, image, status) values (fl_org(), p_id, g.page, g.image, 'ASKED')
			on conflict (org_id, document_id, page) do update set image = excluded.image, status = 'ASKED', note = null, tries = 0, updated_at = now();
		perform fl_enqueue('document-vision', 'document.vision', jsonb_build_object('document_id', p_id, 'page', g.page), 7);
	end loop;
end
$$;

-- A page that is to be looked at, and whether tokens could be set aside for it: only while less than half of the window's are used, so that decisions and answers keep theirs. No row:
-- there is nothing to look at any more.
create or replace function document_vision_load(p_id uuid, p_page bigint) returns table (image text, body text, lang text, purpose_id uuid, reserved boolean) language plpgsql as $$
declare
	v_key uuid := md5(p_id || ':' || p_page)::uuid;
begin
	return query select g.image, g.body, o.default_language, v_key,
			llm_reserve(v_key, 6000, coalesce((select a.tokens_per_window from orchestration_agents a where a.org_id = fl_org() and a.active), 200000) / 2)
		from document_visions v join document_pages g on g.org_id = v.org_id and g.document_id = v.document_id and g.page = v.page and g.image = v.image
			join organizations o on o.id = v.org_id
		where v.org_id = fl_org() and v.document_id = p_id and v.page = p_page and v.status = 'ASKED' and document_vision_allowed();
end
$$;
