-- name: sealed_columns
-- why: fairlead secrets rotate: where sealed values lie
-- out: place text, what text, tenant bool
select * from fl_sealed_columns()

-- name: sealed_old
-- why: fairlead secrets rotate: values under another key
-- in: place text, org_id uuid, key int, after uuid
-- out: id uuid, sealed bytea
select * from fl_sealed_old($1, $2, $3, $4)

-- name: sealed_set
-- why: fairlead secrets rotate: the value under the present key
-- in: place text, org_id uuid, id uuid, old bytea, fresh bytea
select fl_sealed_set($1, $2, $3, $4, $5)

-- name: sealed_audit
-- why: fairlead secrets rotate: notes that an organisation is done
-- in: org_id uuid, key int, count int
select fl_sealed_audit($1, $2, $3)
