-- Collections at a page of the organisation (RAG-14, RAG-15): what they hold and cost, made anew, kept as they are and brought back. A snapshot is rows beside the others, so that
-- it is as safe, as apart and as surely erased as they are; `fairlead collection` carries one elsewhere as a file.

select fl_grant('collection.manage', 'owner admin');

create table collection_snapshots (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	model text not null check (length(model) between 1 and 95),
	dims int not null,
	status text not null default 'MAKING' check (status in ('MAKING', 'READY', 'RESTORING')),
	vectors bigint not null default 0,
	user_id uuid,
	restored_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
select fl_tenant_table('collection_snapshots');

create table collection_snapshot_vectors (
	org_id uuid not null references organizations,
	snapshot_id uuid not null,
	hash bytea not null, -- of a passage's text, as in embeddings
	vector bytea not null,
	primary key (org_id, snapshot_id, hash),
	foreign key (org_id, snapshot_id) references collection_snapshots on delete cascade
);
select fl_tenant_table('collection_snapshot_vectors', 'select, insert, delete');
alter table collection_snapshot_vectors alter column vector set storage external; -- it does not compress

create function collection_own() returns table (model text, dims bigint, generation bigint, passages bigint, vectors bigint, text_bytes bigint, vector_bytes bigint, passage_bytes bigint,
		copies text, updated_at timestamptz) language plpgsql stable as $$
#variable_conflict use_column
begin
	return query select s.model, s.dims::bigint, s.generation, coalesce(c.chunks, 0), v.n, coalesce(c.bytes, 0), v.n * (s.dims * 9 + 44),
		case when c.chunks > 0 then (c.bytes + v.n * (s.dims * 9 + 44)) / c.chunks end,
		(select string_agg(k.store, ', ' order by k.store) from vector_copies k where k.org_id = s.org_id and k.model = s.model and k.last = s.last and k.generation = s.generation), s.updated_at
	from vector_stores s left join chunk_sums c on c.org_id = s.org_id,
		lateral (select count(*) as n from vector_log l where l.org_id = s.org_id and l.model = s.model and not l.gone) v
	where s.org_id = fl_org() order by s.model;
end
$$;

create function collection_reindex(p_model text) returns table (model text) language plpgsql as $$
#variable_conflict use_column
begin
	update vector_stores s set generation = s.generation + 1, updated_at = now() where s.org_id = fl_org() and s.model = p_model;
	if found then
		perform fl_audit('collection.reindex', 'organization', fl_org(), jsonb_build_object('model', p_model));
		perform fl_enqueue('document-embedding', 'vector.tend', '{}', 4, null, 'tend');
		return query select p_model;
	end if;
end
$$;

create function collection_snapshot(p_model text) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	s vector_stores;
	v_id uuid;
begin
	select * into s from vector_stores x where x.org_id = fl_org() and x.model = p_model for update;
	if s.model is null then
		return;
	end if;
	if (select count(*) from collection_snapshots x where x.org_id = fl_org()) >= 5 then
		perform fl_fail('FL422', 'collection.wrong.many', 'model');
	end if;
	insert into collection_snapshots (org_id, model, dims, user_id) values (fl_org(), s.model, s.dims, fl_user()) returning collection_snapshots.id into v_id;
	perform fl_audit('collection.snapshot', 'organization', fl_org(), jsonb_build_object('model', p_model, 'snapshot_id', v_id));
	perform fl_enqueue('document-embedding', 'collection.snapshot', jsonb_build_object('snapshot_id', v_id), 6);
	return query select v_id;
end
$$;

create function collection_restore(p_id uuid) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
declare
	s collection_snapshots;
begin
	select * into s from collection_snapshots x where x.org_id = fl_org() and x.id = p_id for update;
	if s.id is null then
		return;
	end if;
	if s.status <> 'READY' then
		perform fl_fail('FL409', 'collection.wrong.busy');
	end if;
	insert into vector_stores (org_id, model, dims) values (fl_org(), s.model, s.dims) on conflict do nothing;
	if not exists (select from vector_stores v where v.org_id = fl_org() and v.model = s.model and v.dims = s.dims) then
		perform fl_fail('FL409', 'collection.wrong.dims');
	end if;
	update collection_snapshots x set status = 'RESTORING', updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_audit('collection.restore', 'organization', fl_org(), jsonb_build_object('model', s.model, 'snapshot_id', p_id));
	perform fl_enqueue('document-embedding', 'collection.restore', jsonb_build_object('snapshot_id', p_id), 4);
	return query select p_id;
end
$$;

create function collection_snapshot_drop(p_id uuid) returns table (id uuid) language plpgsql as $$
#variable_conflict use_column
begin
	if exists (select from collection_snapshots x where x.org_id = fl_org() and x.id = p_id and x.status = 'RESTORING') then
		perform fl_fail('FL409', 'collection.wrong.busy');
	end if;
	delete from collection_snapshots x where x.org_id = fl_org() and x.id = p_id;
	if found then
		perform fl_audit('collection.snapshot_drop', 'organization', fl_org(), jsonb_build_object('snapshot_id', p_id));
		return query select p_id;
	end if;
end
$$;

-- A part of it a job (QUE-18): p_after is the hash the part before ended with, as hex.
create function collection_snapshot_part(p_id uuid, p_after text) returns void language plpgsql as $$
declare
	s collection_snapshots;
	v_n bigint;
	v_last bytea;
begin
	select * into s from collection_snapshots x where x.org_id = fl_org() and x.id = p_id and x.status = 'MAKING' for update;
	if s.id is null then
		return;
	end if;
	with part as materialized (
		select e.hash, e.vector from embeddings e where e.org_id = fl_org() and e.model = s.model and e.dims = s.dims and e.hash > decode(coalesce(p_after, ''), 'hex')
			and exists (select from chunks c where c.org_id = fl_org() and c.hash = e.hash) order by e.hash limit 5000
	), put as (insert into collection_snapshot_vectors (org_id, snapshot_id, hash, vector) select fl_org(), p_id, p.hash, p.vector from part p)
	select count(*), (array_agg(p.hash order by p.hash desc))[1] into v_n, v_last from part p;
	update collection_snapshots x set vectors = x.vectors + v_n, status = case when v_n < 5000 then 'READY' else x.status end, updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	if v_n = 5000 then
		perform fl_enqueue('document-embedding', 'collection.snapshot', jsonb_build_object('snapshot_id', p_id, 'after', encode(v_last, 'hex')), 6);
	end if;
end
$$;

create function collection_restore_part(p_id uuid, p_after text) returns void language plpgsql as $$
declare
	s collection_snapshots;
	v_n bigint;
	v_last bytea;
	v_seq bigint;
begin
	select * into s from collection_snapshots x where x.org_id = fl_org() and x.id = p_id and x.status = 'RESTORING' for update;
	if s.id is null then
		return;
	end if;
	with part as materialized (
		select k.hash, k.vector from collection_snapshot_vectors k where k.org_id = fl_org() and k.snapshot_id = p_id and k.hash > decode(coalesce(p_after, ''), 'hex') order by k.hash limit 5000
	), put as (insert into embeddings (org_id, model, hash, dims, vector) select fl_org(), s.model, p.hash, s.dims, p.vector from part p
		on conflict (org_id, model, hash) do update set dims = excluded.dims, vector = excluded.vector, updated_at = now())
	select count(*), (array_agg(p.hash order by p.hash desc))[1] into v_n, v_last from part p;
	if v_n = 5000 then
		perform fl_enqueue('document-embedding', 'collection.restore', jsonb_build_object('snapshot_id', p_id, 'after', encode(v_last, 'hex')), 4);
		return;
	end if;
	update vector_stores x set last = x.last + 1, generation = x.generation + 1, updated_at = now() where x.org_id = fl_org() and x.model = s.model returning x.last into v_seq;
	insert into vector_log (org_id, model, seq, chunk_id)
		select fl_org(), s.model, v_seq, c.id from chunks c join embeddings e on e.org_id = c.org_id and e.model = s.model and e.hash = c.hash
			where c.org_id = fl_org() and not exists (select from vector_log l where l.org_id = c.org_id and l.chunk_id = c.id and l.model = s.model);
	update collection_snapshots x set status = 'READY', restored_at = now(), updated_at = now() where x.org_id = fl_org() and x.id = p_id;
	perform fl_enqueue('document-embedding', 'vector.tend', '{}', 4, null, 'tend');
end
$$;
