-- Of a document that goes, all passages go by one statement. By the cascade they went page by page, and each page counted its words and looked for its vectors anew in the rows
-- the page before had just written: 1,000 pages of 5,000 passages took more than a hundred seconds on a busy machine where they take eight now, so that whoever deleted them or had
-- them read again was told to try later, for ever.
create function document_passages_go() returns trigger language plpgsql as $$
begin
	delete from public.chunks c where c.org_id = old.org_id and c.document_id = old.id;
	return old;
end
$$;
create trigger passages_go before delete on documents for each row execute function document_passages_go();

create or replace function document_again(p_id uuid) returns table (id uuid) language plpgsql as $$
begin
	update documents d set status = 'QUEUED', reason = null, pages = 0, pages_read = 0, updated_at = now()
		where d.org_id = fl_org() and d.id = p_id and d.status in ('FAILED', 'COMPLETED');
	if found then
		delete from chunks c where c.org_id = fl_org() and c.document_id = p_id;
		delete from document_pages g where g.org_id = fl_org() and g.document_id = p_id;
		perform fl_audit('document.again', 'document', p_id);
		perform fl_emit('document.uploaded', jsonb_build_object('document_id', p_id));
		return query select p_id;
	end if;
end
$$;

-- The order in which rows of documents are held: the document, what is counted of its organisation's passages, its stores of vectors by model. Who took them in another waited for
-- somebody who waited for him.
create or replace function vector_tend(p_model text) returns void language plpgsql as $$
declare
	v_gone bigint;
	n bigint;
begin
	perform fl_enqueue('document-processing', 'document.chunk', jsonb_build_object('document_id', d.id), 7, null, 'chunk:' || d.id) from (select x.id from documents x
		where x.org_id = fl_org() and x.status = 'COMPLETED' and x.chunked_at is null order by x.id limit 1000) d;
	select count(fl_enqueue('document-embedding', 'document.embed', jsonb_build_object('document_id', d.document_id), 7, null, 'embed:' || d.document_id)) into n
		from (select distinct c.document_id from chunks c where c.org_id = fl_org()
			and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = p_model) order by c.document_id desc limit 1000) d;
	if n = 1000 then
		perform fl_enqueue('document-embedding', 'vector.tend', '{"more": true}', 8, now() + interval '10 minutes', 'tend:more');
	end if;
	delete from embeddings e where e.org_id = fl_org() and e.updated_at < now() - interval '1 day' and not exists (select from chunks c where c.org_id = e.org_id and c.hash = e.hash);
	perform from vector_stores s where s.org_id = fl_org() order by s.model for update;
	update vector_stores s set wanted_at = now() where s.org_id = fl_org() and s.model = p_model;
	perform vector_model_forget(s.model) from (select x.model from vector_stores x where x.org_id = fl_org() and x.wanted_at < now() - interval '30 days' order by x.model) s;
	for p_model in select s.model from vector_stores s where s.org_id = fl_org() order by s.model loop
		with tidied as (
			delete from vector_log l where l.org_id = fl_org() and l.model = p_model and l.gone and l.created_at < now() - interval '7 days' returning l.seq
		)
		select max(t.seq) into v_gone from tidied t;
		update vector_stores s set floor = v_gone where s.org_id = fl_org() and s.model = p_model and s.floor < v_gone;
	end loop;
end
$$;

-- A card that goes on because its tasks are done holds its board, then itself, then its tasks, as one that a person moves does. It held the task and the card first: whoever moved that
-- card meanwhile waited for it while it waited for him.
create or replace function task_card_on(t tasks) returns void language plpgsql as $$
declare
	i pipeline_items;
begin
	perform from pipelines p join pipeline_items c on c.org_id = p.org_id and c.pipeline_id = p.id join pipeline_stages s on s.org_id = c.org_id and s.id = c.stage_id and s.advances
		where p.org_id = t.org_id and c.intake_id = t.intake_id and c.archived_at is null and c.stage_id = t.stage_id for no key update of p;
	select c.* into i from pipeline_items c join pipeline_stages s on s.org_id = c.org_id and s.id = c.stage_id and s.advances
		where c.org_id = t.org_id and c.intake_id = t.intake_id and c.archived_at is null and c.stage_id = t.stage_id for update of c;
	if i.id is null or stage_open_tasks(t.intake_id, i.stage_id) > 0
			or not exists (select from pipeline_stages s, pipeline_stages own where own.org_id = i.org_id and own.id = i.stage_id and s.org_id = i.org_id
				and s.pipeline_id = i.pipeline_id and (s.position, s.id) > (own.position, own.id) and s.kind <> 'lost') then
		return;
	end if;
	perform item_next(i.pipeline_id, i.number, i.version::bigint);
	perform task_reason(t.id, 'card_on');
end
$$;

create or replace function task_react(p_job uuid, p_task uuid, p_what text, p_to text) returns void language plpgsql as $$
declare
	t tasks;
	w tasks;
begin
	insert into event_deliveries (org_id, consumer, event_id) values (fl_org(), 'task.react', p_job) on conflict do nothing;
	if not found or not agent_on() then
		return;
	end if;
	if p_what in ('created', 'late') then
		perform from tasks x where x.org_id = fl_org() and x.id = p_task for update;
	end if;
	select * into t from tasks x where x.org_id = fl_org() and x.id = p_task;
	if t.id is null then
		return;
	end if;
	case p_what
		when 'created' then
			perform task_weigh(t) where t.status not in ('DONE', 'CANCELLED');
		when 'late' then
			if t.status not in ('DONE', 'CANCELLED') and t.priority > 2 then
				update tasks x set priority = 2, version = x.version + 1, updated_at = now() where x.org_id = t.org_id and x.id = t.id;
				perform task_reason(t.id, 'late');
				perform fl_notify(null, 'escalated', 'task', t.id, jsonb_build_object('subject', t.title));
			end if;
		else
			for w in select o.* from task_dependencies d join tasks o on o.org_id = d.org_id and o.id = d.task_id where d.org_id = t.org_id and d.blocker_id = t.id
					and o.status not in ('DONE', 'CANCELLED') order by o.id loop
				if p_to = 'CANCELLED' then
					perform task_reason(w.id, 'blocker_cancelled');
				elsif p_to = 'BLOCKED' then
					perform task_reason(w.id, 'blocker_blocked');
					perform task_tell(w.assignee_id, 'task_comment', w);
				end if;
				if w.to_agent and w.status in ('NEW', 'IN_PROGRESS') and task_waits(w.id) = 0 then
					perform fl_enqueue('events', 'task.agent', jsonb_build_object('task_id', w.id), 5, null, 'agent:' || w.id);
				end if;
			end loop;
			perform task_card_on(t) where t.status in ('DONE', 'CANCELLED') and t.stage_id is not null;
	end case;
end
$$;
