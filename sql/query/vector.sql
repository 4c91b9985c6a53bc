-- name: vector_news
-- why: what the file of vectors of this machine lacks, or a copy that all machines share
-- in: model text, store text, generation int, last int, most int
-- out: dims int, generation int, base int, upto int, behind int, chunk_id uuid, document_id uuid, vector bytea, passages int, near int
select v.dims::bigint, v.generation, v.base, v.upto, v.behind, v.chunk_id, v.document_id, v.vector, coalesce((select s.chunks from chunk_sums s where s.org_id = (select fl_org())), 0),
	coalesce((select s.near_pct from chat_settings s where s.org_id = (select fl_org())), 0)::bigint
from (select) one left join vector_copies c on c.org_id = (select fl_org()) and c.model = $1 and c.store = $2,
	lateral vector_news($1::text, coalesce(c.generation, $3::bigint), coalesce(c.last, $4::bigint), $5::bigint) v

-- name: vector_sync_later
-- why: there is more than one job takes
select fl_enqueue('document-embedding', 'vector.sync', '{}', 6)

-- name: vector_copied
-- why: how far a shared copy of the vectors is now
-- in: model text, store text, dims int, generation int, base int, upto int
select vector_copied($1, $2, $3, $4, $5, $6)

-- name: vector_anew
-- why: a shared copy that does not hold what it should is made anew
-- in: model text, store text
select vector_anew($1, $2)

-- name: vector_held
-- why: how many vectors a shared copy holds when it is complete
-- in: model text
-- out: vectors int
select count(*) as vectors from vector_log l join chunks c on c.org_id = l.org_id and c.id = l.chunk_id
where l.org_id = (select fl_org()) and l.model = $1 and not l.gone

-- name: vector_orgs_gone
-- why: whose files of vectors this machine has for nothing
-- in: orgs jsonb
-- out: org text
select g.org from vector_orgs_gone($1::jsonb) g

-- name: vector_models
-- why: the models that made vectors of the organisation
-- out: model text
select s.model from vector_stores s where s.org_id = (select fl_org())

-- name: vector_tend
-- why: what lacks a vector gets one, what is forgotten is tidied away
-- in: model text
select vector_tend($1)

-- name: sweep_vectors
-- why: the stores of vectors are looked after
-- out: done int
select sweep_vectors() as done

-- name: pgvector_setup
-- why: makes the table of vectors once the extension is there
-- out: ready bool
select pgvector_setup() as ready

-- name: pgvector_ready
-- why: whether vectors can be kept in PostgreSQL
-- out: ready bool
select pgvector_ready() as ready

-- name: pgvector_put
-- why: what came and went, into the table of vectors
-- in: model text, generation int, base int, puts jsonb
select pgvector_put($1, $2, $3, $4)

-- name: pgvector_near
-- why: the passages nearest to a question
-- in: model text, dims int, generation int, vector text, documents jsonb, k int, least float
-- out: id uuid, score float
select n.id, n.score from pgvector_near($1, $2, $3, $4, $5, $6, $7) n

-- name: admin_collections
-- why: the collections of vectors of all organisations
-- in: after text, limit int
-- out: org_id uuid, org_slug text, org_name text, model text, dims int, generation int, passages int, vectors int, text_bytes int, vector_bytes int, passage_bytes int, copies text,
-- out: updated_at timestamptz, cursor text
select a.org_id, a.org_slug, a.org_name, a.model, a.dims, a.generation, a.passages, a.vectors, a.text_bytes, a.vector_bytes, a.passage_bytes, a.copies, a.updated_at, a.org_id || ' ' || a.model
from admin_collections($1::text, $2::bigint) a

-- name: admin_collection_create
-- why: makes a collection before the first passage does
-- effect
-- in: org text, model text, dims int
-- out: org text, model text
select c.org, c.model from admin_collection_create($1, $2, $3) c

-- name: admin_collection_reindex
-- why: the files and copies of a collection are made anew
-- effect
-- in: org text, model text
-- out: org text, model text
select c.org, c.model from admin_collection_reindex($1, $2) c

-- name: collection_page
-- why: fairlead collection snapshot: the next vectors
-- in: org text, model text, after text, limit int
-- out: hash text, vector text, dims int
select p.hash, p.vector, p.dims from collection_page($1, $2, $3, $4) p

-- name: collection_put
-- why: fairlead collection restore: vectors come back
-- in: org text, model text, dims int, vectors jsonb
-- out: n int
select collection_put($1, $2, $3, $4)

-- name: collection_restored
-- why: fairlead collection restore: all are back
-- in: org text, model text, dims int
-- out: n int
select collection_restored($1, $2, $3)

-- name: collection_own
-- why: the organisation's collections: what they hold and how much room that takes
-- out: model text, dims int, generation int, passages int, vectors int, text_bytes int, vector_bytes int, passage_bytes int, copies text, updated_at timestamptz
select c.* from collection_own() c

-- name: collection_snapshots
-- why: the snapshots of them
-- out: id uuid, model text, status text, vectors int, bytes int, by text, restored_at timestamptz, created_at timestamptz
select s.id, s.model, s.status, s.vectors, s.vectors * (s.dims * 4 + 90), m.name, s.restored_at, s.created_at
from collection_snapshots s left join memberships m on m.org_id = s.org_id and m.user_id = s.user_id where s.org_id = (select fl_org()) order by s.created_at desc, s.id

-- name: collection_reindex
-- why: files and copies of a collection are made anew
-- effect
-- in: model text
-- out: model text
select c.model from collection_reindex($1) c

-- name: collection_snapshot
-- why: a collection is kept as it is
-- effect
-- in: model text
-- out: id uuid
select c.id from collection_snapshot($1) c

-- name: collection_restore
-- why: a collection becomes as it was
-- effect
-- in: id uuid
-- out: id uuid
select c.id from collection_restore($1) c

-- name: collection_snapshot_drop
-- why: a snapshot is not needed
-- effect
-- in: id uuid
-- out: id uuid
select c.id from collection_snapshot_drop($1) c

-- name: collection_snapshot_part
-- why: the next vectors into a snapshot
-- in: id uuid, after text
select collection_snapshot_part($1, $2)

-- name: collection_restore_part
-- why: the next vectors out of a snapshot
-- in: id uuid, after text
select collection_restore_part($1, $2)
