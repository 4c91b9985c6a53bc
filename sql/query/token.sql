-- name: key_make
-- why: makes an API key and shows it once
-- in: _token_hash bytea, owner text, name text, role text, scopes jsonb, days int
-- out: id uuid, name text, secret text, expires_at timestamptz
select * from key_make($1, $2, $3, $4, $5, $6)

-- name: key_recent
-- why: refuses who has not given his password lately
-- in: _token_hash bytea
-- out: recent bool
select key_recent($1)

-- name: key_list
-- why: the keys one may see, newest first
-- in: after text, limit int
-- out: id uuid, name text, personal bool, of_name text, role text, hint text, scopes text, created_at timestamptz, expires_at timestamptz, used_at timestamptz, state text, cursor text
select * from key_list($1, $2)

-- name: key_end
-- why: ends a key at once
-- effect
-- in: id uuid
-- out: id uuid
select * from key_end($1)

-- name: key_permissions
-- why: what the asker's keys can be cut down to
-- out: permission text
select distinct permission from role_permissions where fl_can(permission) and permission <> 'app.use' and role in ('owner', 'admin', 'operator', 'pm', 'member', 'viewer', 'user', 'client') order by 1

-- name: token_start
-- why: the first pair of tokens, from a session
-- in: session bytea, org_id uuid, principal bytea, refresh bytea, agent text, request_id text, address text, strict bool
-- out: user_id uuid, org_id uuid, org_role text
select * from token_start_here($1, $2, $3, $4, $5, $6, $7, $8)

-- name: token_issued
-- why: the shape of a pair of tokens (RFC 6749, section 5.1); code makes the row
-- out: access_token text, token_type text, expires_in int, refresh_token text, refresh_expires_in int
select '', '', 0::bigint, '', 0::bigint where false

-- name: token_refresh
-- why: a refresh token for a new pair; its second use ends the family
-- in: old bytea, principal bytea, refresh bytea, agent text, request_id text, address text, strict bool
-- out: user_id uuid, org_id uuid, org_role text
select * from token_refresh_here($1, $2, $3, $4, $5, $6, $7)

-- name: service_token_add
-- why: fairlead token service
-- in: org text, principal bytea
-- out: org_id uuid
select * from service_token_add($1, $2)
