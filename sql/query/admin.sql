-- name: address_check
-- why: whether this address is blocked; for pages of strangers
-- in: address text
select address_check($1)

-- name: admin_look
-- why: notes what an administrator looks at, before the transaction becomes read-only
-- in: token_hash bytea, path text, request_id text
select admin_look($1, $2, $3)

-- name: session_refused
-- why: notes where a session was refused
-- in: address text, token_hash bytea, request_id text
select session_refused($1, $2, $3)

-- name: admin_orgs
-- why: organisations of the platform, newest first
-- in: q text, state text, after uuid, limit int
-- out: id uuid, slug text, name text, plan text, people int, suspended_at timestamptz, created_at timestamptz, cursor text
select id, slug, name, plan, people, suspended_at, created_at, id::text from admin_orgs($1, $2, $3, $4)

-- name: admin_org
-- why: one organisation and how much it uses
-- in: id uuid
-- out: id uuid, slug text, name text, plan text, default_language text, zone text, currency text, suspended_at timestamptz, suspended_reason text
-- out: created_at timestamptz, people int, requests int, jobs_waiting int, keys int, llm_calls int, llm_tokens int, last_seen_at timestamptz
select id, slug, name, plan, default_language, zone, currency, suspended_at, suspended_reason, created_at, people, requests, jobs_waiting, keys, llm_calls,
	llm_tokens, last_seen_at
from admin_org($1)

-- name: admin_org_usage
-- why: its counters
-- in: id uuid
-- out: name text, value int
select name, value from admin_org_usage($1)

-- name: admin_org_people
-- why: its people
-- in: id uuid
-- out: id uuid, name text, email text, role text
select id, name, email, role from admin_org_people($1)

-- name: admin_org_plan
-- why: changes its plan
-- effect
-- in: id uuid, plan text
-- out: id uuid
select id from admin_org_plan($1, $2)

-- name: admin_org_suspend
-- why: closes its doors and lets its jobs wait
-- effect
-- in: id uuid, reason text
-- out: id uuid
select id from admin_org_suspend($1, $2, true)

-- name: admin_org_resume
-- why: opens it again
-- effect
-- in: id uuid, reason text
-- out: id uuid
select id from admin_org_suspend($1, $2, false)

-- name: admin_users
-- why: people of the platform, newest first
-- in: q text, state text, after uuid, limit int
-- out: id uuid, name text, email text, admin bool, disabled_at timestamptz, locked_until timestamptz, orgs int, sessions int, last_seen_at timestamptz, cursor text
select id, name, email, admin, disabled_at, locked_until, orgs, sessions, last_seen_at, id::text from admin_users($1, $2, $3, $4)

-- name: admin_user
-- why: one person
-- in: id uuid
-- out: id uuid, name text, email text, admin bool, disabled_at timestamptz, disabled_reason text, locked_until timestamptz, failed int, created_at timestamptz, self bool
select id, name, email, admin, disabled_at, disabled_reason, locked_until, failed, created_at, self from admin_user($1)

-- name: admin_user_orgs
-- why: where this person is a member
-- in: id uuid
-- out: id uuid, name text, role text, suspended bool
select id, name, role, suspended from admin_user_orgs($1)

-- name: admin_user_sessions
-- why: the person's sessions
-- in: id uuid
-- out: id uuid, address text, user_agent text, created_at timestamptz, last_seen_at timestamptz, second_factor_at timestamptz, browser text
select id, address, user_agent, created_at, last_seen_at, second_factor_at, agent_words(user_agent) from admin_sessions($1, null, 50)

-- name: admin_user_past
-- why: the person's sessions that ended
-- in: id uuid
-- out: id uuid, address text, created_at timestamptz, last_seen_at timestamptz, ended_at timestamptz, browser text
select id, address, created_at, last_seen_at, ended_at, agent_words(user_agent) from session_past($1, 100)

-- name: admin_sessions
-- why: sessions of everybody, newest first
-- in: after uuid, limit int
-- out: id uuid, user_id uuid, name text, email text, address text, user_agent text, created_at timestamptz, last_seen_at timestamptz, cursor text, browser text
select id, user_id, name, email, address, user_agent, created_at, last_seen_at, id::text, agent_words(user_agent) from admin_sessions(null, $1, $2)

-- name: admin_user_role
-- why: gives or takes the platform role
-- effect
-- in: id uuid, platform_role text
-- out: id uuid
select id from admin_user_role($1, $2)

-- name: admin_user_disable
-- why: closes an account and ends its sessions
-- effect
-- in: id uuid, reason text
-- out: id uuid
select id from admin_user_disable($1, $2, true)

-- name: admin_user_enable
-- why: opens an account again
-- effect
-- in: id uuid, reason text
-- out: id uuid
select id from admin_user_disable($1, $2, false)

-- name: admin_user_release
-- why: releases a lock-out
-- effect
-- in: id uuid
-- out: id uuid
select id from admin_user_release($1)

-- name: admin_user_sign_out
-- why: ends all sessions of a person
-- effect
-- in: id uuid
-- out: id uuid, ended int
select id, ended from admin_user_sign_out($1)

-- name: admin_session_end
-- why: ends one session
-- effect
-- in: id uuid
-- out: id uuid, user_id uuid
select id, user_id from admin_session_end($1)

-- name: admin_blocked
-- why: addresses refused at the moment
-- out: network text, reason text, by_name text, created_at timestamptz, until timestamptz, accounts int
select network, reason, by_name, created_at, until, accounts from admin_blocked()

-- name: admin_block
-- why: refuses an address for a time
-- effect
-- in: network text, reason text, seconds int, _address text
-- out: network text
select network from admin_block($1, $2, $3, $4)

-- name: admin_unblock
-- why: lets an address in again
-- effect
-- in: network text
-- out: network text
select network from admin_unblock($1)

-- name: admin_proven
-- why: whether the session proved a second factor lately
-- in: token_hash bytea, max_s int
select admin_proven($1, $2)

-- name: support_begin
-- why: an administrator works as a person, for a reason and half an hour
-- in: _token_hash bytea, id uuid, org uuid, reason text
-- out: id uuid
select id from support_begin($1, $2, $3, $4)

-- name: support_end
-- why: the administrator is himself again
-- in: _token_hash bytea
-- out: user_id uuid
select user_id from support_end($1)

-- name: support_of
-- why: visits to a person
-- in: id uuid
-- out: id uuid, by_name text, org_name text, reason text, started_at timestamptz, ended_at timestamptz
select id, by_name, org_name, reason, started_at, ended_at from support_of($1)

-- name: admin_audit
-- why: who did what in one organisation, or on the platform
-- in: org text, action text, actor text, after uuid, limit int
-- out: id uuid, at timestamptz, actor_type text, actor text, action text, subject_kind text, subject_id uuid, detail text, request_id text, sealed bool, cursor text
select id, at, actor_type, actor, action, subject_kind, subject_id, detail, request_id, sealed, id::text from admin_audit($1, $2, $3, $4, $5)

-- name: admin_audit_words
-- why: what each of these acts changed; what things of other organisations are called is not told
-- in: org text, action text, actor text, after uuid, limit int
-- out: audit_id uuid, name text, before text, after text
select a.id, w.name, w.before, w.after from admin_audit($1, $2, $3, $4, $5) a, detail_words(a.detail::jsonb) w order by a.id desc, w.n

-- name: admin_audit_export
-- why: the lines of an export
-- in: org text, format text, action text, actor text, from int
-- out: line text
select admin_audit_export($1, $2, $3, $4, $5) as line

-- name: admin_errors
-- why: faults of the program, the latest first
-- out: route text, place text, message text, status int, times int, first_at timestamptz, last_at timestamptz, org_name text, role text, request_id text
select route, place, message, status, times, first_at, last_at, org_name, role, request_id from admin_errors()

-- name: program_error
-- why: notes a fault of the program
-- in: route text, place text, message text, status int, org text, user text, role text, request text
select program_error($1, $2, $3, $4, $5, $6, $7, $8)

-- name: incident_list
-- why: incidents that concern people's data, newest first
-- in: after uuid, limit int
-- out: id uuid, title text, org_name text, known_at timestamptz, due_at timestamptz, told_at timestamptz, reported_at timestamptz, late bool, cursor text
select i.*, i.id::text from incident_list($1, $2) i

-- name: incident_show
-- why: one incident and whom it concerns
-- in: id uuid
-- out: id uuid, title text, words text, org_name text, known_at timestamptz, due_at timestamptz, told_at timestamptz, people int, reported_at timestamptz
-- out: by_name text, created_at timestamptz, reach int
select * from incident_show($1)

-- name: incident_note
-- why: an incident becomes known; 72 hours begin
-- effect
-- in: title text, words text, org text, known text
-- out: id uuid
select id from incident_note($1, $2, $3, $4)

-- name: incident_tell
-- why: mails everybody it concerns
-- effect
-- in: id uuid
-- out: id uuid
select id from incident_tell($1)

-- name: incident_report
-- why: notes that the authority knows
-- effect
-- in: id uuid
-- out: id uuid
select id from incident_report($1)

-- name: sweep_incidents
-- why: warns administrators of the deadline
-- out: done int
select incident_warn()

-- name: sweep_faults
-- why: counts the jobs that were given up among the faults, and forgets old ones
-- out: done int
select sweep_faults() as done

-- name: fault_event
-- why: a fault of the program as the service of SENTRY_DSN reads it
-- in: fingerprint text
-- out: id text, event text
select id, event from fault_event($1)
