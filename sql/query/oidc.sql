-- name: oidc_choices
-- why: the providers one may sign in with
-- out: key text, label text
select * from oidc_choices()

-- name: oidc_named
-- why: the provider a page speaks of
-- in: provider text
-- out: label text
select label from oidc_choices() where key = $1

-- name: oidc_provider
-- why: a provider with what is known of it
-- in: key text
-- out: key text, issuer text, client_id text, client_secret bytea, scopes text, discovery jsonb, jwks jsonb, discovered bool, keyed bool, resting bool
select * from oidc_provider($1)

-- name: oidc_told
-- why: keeps what a provider told of itself, or that it did not answer
-- in: key text, discovery jsonb, jwks jsonb
select oidc_told($1, $2, $3)

-- name: identity_person
-- why: whose account at a provider it is
-- in: provider text, subject text
-- out: user_id uuid
select * from identity_person($1, $2)

-- name: identity_link
-- why: links an account at a provider to who asks
-- in: token_hash bytea, provider text, subject text, email text
-- out: provider text
select * from identity_link($1, $2, $3, $4)

-- name: identity_link_begin
-- why: refuses a link that nobody has just proven a password for
-- in: token_hash bytea
select identity_link_begin($1)

-- name: identity_free
-- why: whether an account could be made of an address
-- in: email text
-- out: free bool
select identity_free($1)

-- name: identity_join
-- why: makes the account of somebody a provider vouches for
-- in: provider text, subject text, email text, name text
-- out: user_id uuid
select * from identity_join($1, $2, $3, $4)

-- name: identity_unlink
-- why: takes the link back
-- effect
-- in: provider text
-- out: provider text
select * from identity_unlink($1)

-- name: identity_list
-- why: the providers, and what is linked
-- out: key text, label text, email text, linked bool, linked_at timestamptz, used_at timestamptz
select * from identity_list()

-- name: oidc_set
-- why: fairlead oidc set
-- in: key text, label text, issuer text, client_id text, secret bytea, scopes text
-- out: key text
select oidc_set($1, $2, $3, $4, $5, $6)

-- name: oidc_off
-- why: fairlead oidc off
-- in: key text
-- out: key text
select * from oidc_off($1)
