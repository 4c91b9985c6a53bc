-- name: passkey_list
-- why: one's own passkeys
-- out: id uuid, name text, synced bool, used_at timestamptz, created_at timestamptz
select * from passkey_list()

-- name: passkey_state
-- why: whether passkeys, or any second factor, are there
-- out: n int, held bool, asked bool, codes int
select * from passkey_state()

-- name: passkey_known
-- why: the credentials of a person, for his browser
-- in: user_id uuid
-- out: credential text
select credential from passkey_known($1)

-- name: passkey_for
-- why: for whom a passkey is to be made
-- in: session_hash bytea
-- out: user_id uuid, name text, email text
select * from passkey_for($1)

-- name: passkey_options
-- why: the shape of what a browser is asked; code makes the row
-- out: challenge text, rp_id text, handle text, name text, email text
select '', '', '', '', '' where false

-- name: passkey_add
-- why: keeps a passkey that was proven
-- in: session_hash bytea, challenge bytea, credential bytea, public_key bytea, sign_count int, eligible bool, backed_up bool, name text
-- out: id uuid
select * from passkey_add($1, $2, $3, $4, $5, $6, $7, $8)

-- name: passkey_name
-- why: another name for a passkey
-- effect
-- in: id uuid, name text
-- out: id uuid
select * from passkey_name($1, $2)

-- name: passkey_remove
-- why: a passkey counts no more
-- effect
-- in: _token_hash bytea, id uuid
-- out: id uuid
select * from passkey_remove($1, $2)

-- name: passkey_look
-- why: spends a challenge and finds the passkey that answered
-- in: challenge bytea, credential bytea
-- out: fresh bool, id uuid, user_id uuid, public_key bytea, eligible bool
select * from passkey_look($1, $2)

-- name: passkey_used
-- why: notes a good answer; false when the authenticator's count went back
-- in: id uuid, sign_count int, backed_up bool, request_id text
-- out: good bool
select passkey_used($1, $2, $3, $4)
