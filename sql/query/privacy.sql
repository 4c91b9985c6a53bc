-- name: privacy_export_part
-- why: the next part of an export
-- in: order_id uuid
-- out: n int, name text, org text, was text, at text, seen int, rows int, over bool, lines text
select * from privacy_export_part($1)

-- name: privacy_exported
-- why: notes the parts that were written; the next job follows
-- in: order_id uuid, parts jsonb
select privacy_exported($1, $2)

-- name: privacy_pack
-- why: what goes into an archive
-- in: order_id uuid
-- out: subject text, subject_id uuid, made_at timestamptz, name text, rows int, parts text, left_out text, org_id uuid, hash text
select * from privacy_pack($1)

-- name: privacy_pack_store
-- why: what of an archive may lie in the store of files, and under which name
-- in: order_id uuid
-- out: org_id uuid, hash text, key text
select * from privacy_pack_store($1)

-- name: privacy_store
-- why: what an organisation that is to be erased has in the store of files
-- in: order_id uuid
select privacy_store($1)

-- name: privacy_packed
-- why: an archive is ready
-- in: order_id uuid, size int, hash text
select privacy_packed($1, $2, $3)

-- name: privacy_dead
-- why: an order could not be carried out
-- in: order_id uuid
select privacy_dead($1)

-- name: privacy_tidy
-- why: files to remove
-- in: order_id uuid
-- out: path text
select * from privacy_tidy($1)

-- name: privacy_tidied
-- why: these files are gone
-- in: paths jsonb
select privacy_tidied($1)

-- name: sweep_privacy
-- why: archives go after a week
-- out: done int
select sweep_privacy() as done

-- name: privacy_mine
-- why: orders about the account of who asks
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, nullif(s.contact, '[erased]')
from privacy_seen('person') s

-- name: privacy_org
-- why: orders about the organisation and its contacts
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, nullif(s.contact, '[erased]')
from privacy_seen('organization') s

-- name: privacy_contact
-- why: whom an export or erasure would be about
-- in: id uuid
-- out: id uuid, name text, typed text, documents int, more bool
select * from privacy_contact($1)

-- name: privacy_of_contact
-- why: orders about one contact
-- in: id uuid
-- out: id uuid, what text, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int, contact text
select s.id, s.what, s.subject, s.state, s.created_at, s.begins_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows, nullif(s.contact, '[erased]')
from privacy_seen('organization') s where s.subject = 'contact' and s.subject_id = $1

-- name: privacy_show
-- why: how far one order is
-- in: id uuid
-- out: id uuid, what text, subject text, state text, created_at timestamptz, ended_at timestamptz, expires_at timestamptz, size_bytes int, hash text, steps int, steps_done int, rows int
select s.id, s.what, s.subject, s.state, s.created_at, s.ended_at, s.expires_at, s.size_bytes, s.hash, s.steps, s.steps_done, s.rows
from privacy_seen('organization') s where s.id = $1

-- name: privacy_export_me
-- why: asks for an archive of one's own data
-- effect
-- in: _token_hash bytea
-- out: id uuid
select r.id from privacy_export_me($1) r

-- name: privacy_export_org
-- why: asks for an archive of the organisation
-- effect
-- in: _token_hash bytea
-- out: id uuid
select r.id from privacy_export_org($1) r

-- name: privacy_export_contact
-- why: asks for an archive of what is kept of a contact
-- effect
-- in: id uuid
-- out: id uuid
select r.id from privacy_export_contact($1) r

-- name: privacy_link
-- why: a link to an archive for a quarter of an hour
-- effect
-- in: id uuid
-- out: id uuid, token text, until timestamptz
select r.id, r.token, r.until from privacy_link($1, 'organization') r

-- name: privacy_link_me
-- why: a link to one's own archive for a quarter of an hour
-- effect
-- in: id uuid
-- out: id uuid, token text, until timestamptz
select r.id, r.token, r.until from privacy_link($1, 'person') r

-- name: privacy_fetch
-- why: the archive a link opens
-- in: token text
-- out: id uuid, subject text, created_at timestamptz
select * from privacy_fetch($1)

-- name: ctl_privacy_export
-- why: fairlead export: asks for an archive
-- in: org text, email text
-- out: id uuid
select ctl_privacy_export($1, $2)

-- name: ctl_privacy_look
-- why: fairlead export: how far it is
-- in: id uuid
-- out: state text, steps int, done int, rows int, hash text
select * from ctl_privacy_look($1)

-- name: privacy_erase_step
-- why: carries an erasure on; these files are gone
-- in: order_id uuid, gone jsonb
select privacy_erase_step($1, $2)

-- name: privacy_owned
-- why: organisations that would be left without an owner
-- out: name text
select name from privacy_owned()

-- name: privacy_erase_me
-- why: erases one's own account
-- effect
-- in: _token_hash bytea, confirm text
-- out: id uuid, token text
select r.id, r.token from privacy_erase_me($1, $2) r

-- name: privacy_erase_org
-- why: erases the organisation, at once or in a week
-- effect
-- in: _token_hash bytea, confirm text, when text
-- out: id uuid, token text
select r.id, r.token from privacy_erase_org($1, $2, $3) r

-- name: privacy_keep_org
-- why: stops an erasure that waits
-- effect
-- out: id uuid
select r.id from privacy_keep_org() r

-- name: privacy_erase_contact
-- why: erases somebody the organisation knows
-- effect
-- in: _token_hash bytea, id uuid, confirm text, documents bool
-- out: id uuid, token text
select r.id, r.token from privacy_erase_contact($1, $2, $3, $4) r

-- name: privacy_certificate
-- why: what an erasure did, or how far it is
-- in: token text
-- out: id uuid, subject text, state text, created_at timestamptz, begins_at timestamptz, ended_at timestamptz, hash text, certificate text
select * from privacy_certificate($1)

-- name: privacy_certified
-- why: the lines of a certificate
-- in: token text
-- out: name text, did text, rows int
select * from privacy_certified($1)
