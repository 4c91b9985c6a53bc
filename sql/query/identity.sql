-- name: sign_in
-- why: makes the session
-- in: user_id uuid, token_hash bytea, agent text, address text, request_id text
-- out: session_id uuid, org_id uuid
select * from fl_sign_in($1, $2, $3, $4, $5)

-- name: sign_out
-- why: ends the session that asks
-- in: _token_hash bytea
-- out: id uuid
select fl_sign_out($1)

-- name: my_orgs
-- why: the organisation switcher
-- out: id uuid, name text, role text, current bool
select * from fl_my_orgs()

-- name: switch_org
-- why: changes the organisation of this session
-- effect
-- in: _token_hash bytea, org_id uuid
-- out: org_id uuid, name text
select * from fl_switch_org($1, $2)

-- name: home
-- why: where somebody begins who names no page
-- out: path text
select case when fl_org() is null then case when fl_can('platform.admin') then '/admin' else '/welcome' end
	when fl_role() = 'client' then '/portal' when fl_role() = 'user' then '/tasks/mine' else coalesce(scope_home(), '/dashboard') end

-- name: me
-- why: the profile of who asks
-- out: name text, email text, phone text, preferred_language text, zone text, currency text, date_format text, theme text, single_keys bool
select * from fl_me()

-- name: me_update
-- why: changes the profile of who asks
-- effect
-- in: name text, phone text, preferred_language text, zone text, currency text, date_format text, theme text, single_keys bool
-- out: id uuid
select * from fl_me_update($1, $2, $3, $4, $5, $6, $7, $8)

-- name: org_add
-- why: fairlead org add
-- in: slug text, name text, language text, zone text, currency text
-- out: id uuid
select fl_org_add($1, $2, $3, $4, $5)

-- name: orgs_list
-- why: fairlead org list
-- out: id uuid, slug text, name text, people int, suspended_at timestamptz
select * from fl_orgs_list()

-- name: user_add
-- why: fairlead user add
-- in: email text, name text, password_hash text, org text, role text, admin bool
-- out: id uuid
select fl_user_add($1, $2, $3, $4, $5, $6)

-- name: key_add
-- why: fairlead key add
-- in: org text, name text, role text, token_hash bytea, days int
-- out: id uuid
select fl_key_add($1, $2, $3, $4, $5)

-- name: event_type_set
-- why: fairlead migrate: writes an event type of a card
-- in: type text, version text, required text, optional text
select fl_event_type_set($1, $2, $3, $4)

-- name: event_environment_set
-- why: fairlead migrate: what events say of where they happened
-- in: environment text
select event_environment_set($1)

-- name: event_listener_set
-- why: fairlead migrate: writes a listener of a card
-- in: type text, consumer text, queue text, kind text
select fl_event_listener_set($1, $2, $3, $4)

-- name: rights_refresh
-- why: fairlead migrate: principals get the rights their role has now
select fl_rights_refresh()
