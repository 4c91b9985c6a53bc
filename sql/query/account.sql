-- name: session_proven
-- why: notes what a session has just proven
-- in: token_hash bytea, password bool, second bool
select fl_session_proven($1, $2, $3)
