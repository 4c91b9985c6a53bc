-- name: session_proven
-- why: notes what a session has just proven
-- in: token_hash bytea, password bool, second bool
select fl_session_proven($1, $2, $3)

-- name: session_renew
-- why: another token for a session
-- in: token_hash bytea, new_hash bytea
select session_renew($1, $2)

-- name: sign_in_look
-- why: what the door needs to know of an attempt; one row, known or not
-- in: email text, address text
-- out: user_id uuid, password_hash text, locked bool, suspect bool
select * from sign_in_look($1, $2)

-- name: sign_in_refused
-- why: counts a wrong password or code, and blocks an address that guesses at many accounts
-- in: email text, address text, never text, request text
select sign_in_refused($1, $2, $3, $4)

-- name: sign_in_puzzle
-- why: the puzzle this visitor has to solve first; no row when none
-- in: email text, _address text
-- out: challenge text, bits int, first int, second int
select * from sign_in_puzzle($1, $2)

-- name: sign_in_solve
-- why: whether a puzzle of ours was solved, for the first time
-- in: challenge text, solution text, answer text
-- out: solved bool
select sign_in_solve($1, $2, $3)

-- name: account_sign_up
-- why: keeps a sign-up until its link is followed
-- in: id uuid, token_hash bytea, email text, name text, password_hash text, locale text
select account_sign_up($1, $2, $3, $4, $5, $6)

-- name: account_forgot
-- why: a link for a new password
-- in: id uuid, token_hash bytea, email text, locale text
select account_forgot($1, $2, $3, $4)

-- name: account_token_look
-- why: a link or step while it is good
-- in: token_hash bytea, kind text
-- out: id uuid, user_id uuid, email text, name text, password_hash text
select * from account_token_look($1, $2)

-- name: account_token_tried
-- why: counts a wrong answer given with a link or step
-- in: token_hash bytea
select account_token_tried($1)

-- name: account_token_end
-- why: a step that was taken
-- in: token_hash bytea
select account_token_end($1)

-- name: account_verify
-- why: makes the person of a sign-up
-- in: token_hash bytea
-- out: user_id uuid
select account_verify($1)

-- name: account_reset
-- why: sets the password of who followed the link
-- in: token_hash bytea, password_hash text
-- out: user_id uuid
select account_reset($1, $2)

-- name: account_second_begin
-- why: whether a second factor is needed, and the step for it
-- in: user_id uuid, id uuid, token_hash bytea
-- out: needed bool
select account_second_begin($1, $2, $3)

-- name: account_factor_of
-- why: the second factor of a person, if there is one
-- in: user_id uuid
-- out: sealed bytea, locked bool, email text
select * from account_factor_of($1)

-- name: account_factor_step
-- why: takes a time-based code, once
-- in: user_id uuid, step int
-- out: taken bool
select account_factor_step($1, $2)

-- name: account_recovery_use
-- why: takes a recovery code, once
-- in: user_id uuid, code_hash bytea
-- out: taken bool
select account_recovery_use($1, $2)

-- name: account_factor_failed
-- why: counts a wrong code
-- in: user_id uuid
select account_factor_failed($1)

-- name: account_by_session
-- why: whose session asks
-- in: token_hash bytea
-- out: user_id uuid, email text
select * from account_by_session($1)

-- name: account_password
-- why: a new password; the other sessions end
-- in: session_hash bytea, password_hash text
-- out: id uuid, ended int
select * from account_password($1, $2)

-- name: account_security
-- why: how well an account is kept
-- out: account text, factor bool, factor_at timestamptz, codes int
select * from account_security()

-- name: account_sessions
-- why: one's own sessions, the present one first
-- in: _token_hash bytea
-- out: id uuid, created_at timestamptz, last_seen_at timestamptz, address text, user_agent text, current bool, browser text
select s.*, agent_words(s.user_agent)
from account_sessions($1) s

-- name: account_past
-- why: one's own sessions that ended, the latest first
-- out: id uuid, address text, created_at timestamptz, last_seen_at timestamptz, ended_at timestamptz, browser text
select id, address, created_at, last_seen_at, ended_at, agent_words(user_agent) from session_past(fl_user(), 10)

-- name: account_session_end
-- why: ends one session of one's own
-- effect
-- in: _token_hash bytea, session uuid
-- out: ended int
select * from account_sessions_end($1, $2)

-- name: account_sessions_end
-- why: ends all sessions of one's own but this
-- effect
-- in: _token_hash bytea
-- out: ended int
select * from account_sessions_end($1, null)

-- name: account_factor_begin
-- why: a key for a second factor that is being set up
-- in: session_hash bytea, sealed bytea
-- out: id uuid
select * from account_factor_begin($1, $2)

-- name: account_factor_pending
-- why: the key that is being set up
-- in: session_hash bytea
-- out: sealed bytea, email text
select * from account_factor_pending($1)

-- name: account_factor_view
-- why: the shape of the key as its page shows it; code opens the seal and makes the row
-- out: secret text, uri text, wrong bool, qr text, qr_size int
select '', '', false, '', 0::bigint where false

-- name: account_codes_view
-- why: the shape of the recovery codes as they are shown, once; code makes the rows
-- out: code text
select '' where false

-- name: account_factor_on
-- why: turns the second factor on; the other sessions end
-- in: session_hash bytea, step int, codes jsonb
-- out: id uuid
select * from account_factor_on($1, $2, $3)

-- name: account_factor_off
-- why: turns the second factor off
-- effect
-- in: _token_hash bytea
-- out: id uuid
select * from account_factor_off($1)

-- name: account_codes_new
-- why: recovery codes anew; the old ones end
-- in: session_hash bytea, codes jsonb
-- out: id uuid
select * from account_codes_new($1, $2)

-- name: account_email_ask
-- why: a link to a new address
-- in: id uuid, token_hash bytea, session_hash bytea, email text
-- out: id uuid
select * from account_email_ask($1, $2, $3, $4)

-- name: account_email_take
-- why: the new address, from its link
-- in: token_hash bytea
-- out: id uuid
select * from account_email_take($1)

-- name: account_mail_load
-- why: a mail to a person, decided when it is written
-- in: id uuid
-- out: id uuid, to_email text, to_name text, locale text, template text, what text, token_id uuid, state text, created_at timestamptz, cut int
select l.*, (select count(*) from job_attempts t where t.org_id = (select fl_org()) and t.job_id = nullif(current_setting('app.job_id', true), '')::uuid
	and t.outcome in ('killed', 'timeout', 'lost')) from account_mail_load($1) l

-- name: account_mail_sent
-- why: what became of it
-- in: id uuid, state text, error text
select account_mail_sent($1, $2, $3)

-- name: sweep_accounts
-- why: expired links, old counts and mails go
-- out: done int
select sweep_accounts()

-- name: account_phone
-- why: the number text messages of one's second factor go to, and whether a code for a new one is on its way
-- out: phone text, since timestamptz, waits bool
select * from account_phone()

-- name: account_phone_begin
-- why: a code to a number that is to become a second factor
-- in: session_hash bytea, phone text
-- out: id uuid
select * from account_phone_begin($1, $2)

-- name: account_phone_on
-- why: the number is proven; other sessions end
-- in: session_hash bytea, id uuid
-- out: id uuid
select * from account_phone_on($1, $2)

-- name: account_phone_off
-- why: text messages are no second factor any more
-- effect
-- in: _token_hash bytea
-- out: id uuid
select * from account_phone_off($1)

-- name: account_sms_ask
-- why: a code to the person's number
-- in: user_id uuid
-- out: id uuid
select * from account_sms_ask($1)

-- name: account_sms_try
-- why: the code that counts now; one try is used up
-- in: user_id uuid, setup bool
-- out: id uuid
select * from account_sms_try($1, $2)

-- name: account_sms_take
-- why: uses a code up
-- in: id uuid
-- out: taken bool
select account_sms_take($1)

-- name: account_sms_load
-- why: where a code goes, and whether it still should
-- in: id uuid
-- out: id uuid, phone text, live bool
select * from account_sms_load($1)

-- name: account_sms_sent
-- why: a code is with the gateway
-- in: id uuid
select account_sms_sent($1)

-- name: avatar_send
-- why: a picture that waits to be drawn anew
-- in: type text, sent bytea
-- out: id uuid
select * from avatar_send($1, $2)

-- name: avatar_load
-- why: a picture as it was sent
-- in: user_id uuid
-- out: type text, sent bytea, seen text
select type, sent, seen::text from avatar_load($1)

-- name: avatar_seen
-- why: what the reader made of it
-- in: user_id uuid, seen text, image bytea, reason text
select avatar_seen($1, $2::text::timestamptz, $3, $4)

-- name: avatar_remove
-- why: no picture any more
-- effect
-- out: id uuid
select * from avatar_remove()

-- name: avatar_show
-- why: the drawing under a key
-- in: key text
-- out: image bytea
select * from avatar_show($1)

-- name: avatar_state
-- why: one's own picture
-- out: avatar text, name text, waits bool, reason text
select * from avatar_state()

-- name: password_range_rests
-- why: whether the service of leaked passwords failed lately
-- out: rests bool
select password_range_rests()

-- name: password_range_failed
-- why: the service of leaked passwords did not answer
select password_range_failed()

-- name: account_rehash
-- why: the same password, hashed at today's cost
-- in: user_id uuid, was text, hash text
select account_rehash($1, $2, $3)
