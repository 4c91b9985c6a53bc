-- What each decision asks, in PL/pgSQL: its plans are kept for the session. A function of language sql that reads a table is parsed and planned anew by each
-- statement that calls it.

create or replace function intake_files_awaited(p_org uuid, p_intake uuid, p_since timestamptz) returns boolean language plpgsql stable parallel safe as $$
begin
	return p_since > now() - public.intake_files_wait() and exists (select from public.intake_files f
		join public.documents d on d.org_id = f.org_id and d.id = f.document_id where f.org_id = p_org and f.intake_id = p_intake and d.status in ('QUEUED', 'READING'));
end
$$;

create or replace function intake_files_text(p_org uuid, p_intake uuid) returns text language plpgsql stable parallel safe as $$
begin
	return (select left(string_agg(E'\n\n[' || x.name || E']\n' || x.body, '' order by x.n, x.id), 20000)
		from (select f.n, f.id, f.name, (select left(string_agg(g.body, E'\n' order by g.page), 6000) from public.document_pages g
				where g.org_id = f.org_id and g.document_id = f.document_id and g.page <= 5) as body
			from public.intake_files f where f.org_id = p_org and f.intake_id = p_intake and f.document_id is not null order by f.n, f.id limit 10) x
		where x.body is not null);
end
$$;

create or replace function sla_forget(p_intake uuid) returns void language plpgsql as $$
begin
	delete from sla_clocks c where c.org_id = fl_org() and c.intake_id = p_intake and c.state <> 'stopped';
end
$$;

create or replace function item_place(p_item pipeline_items) returns bigint language plpgsql stable as $$
begin
	return (select count(*) from pipeline_items i where i.org_id = p_item.org_id and i.stage_id = p_item.stage_id and i.archived_at is null
		and (i.rank, i.id) <= (p_item.rank, p_item.id));
end
$$;
