-- Requests and the doors they come in by (INT).

select fl_grant('intake.read', 'owner admin operator pm member viewer agent');
select fl_grant('intake.create', 'owner admin operator pm member agent service');
select fl_grant('intake.route', 'owner admin operator pm agent');
select fl_grant('intake.reply', 'owner admin operator pm member');
select fl_grant('channel.manage', 'owner admin operator');
select fl_grant('contact.read', 'owner admin operator pm member viewer');
select fl_grant('contact.manage', 'owner admin operator pm member');
select fl_grant('form.submit', 'form');
select fl_grant('status.read', 'link');
select fl_grant('status.write', 'link');
select fl_grant('webhook.receive', 'webhook');

-- People who ask: made from requesters by the routing job, never on the way in (design rule 11).
create table contacts (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null default '',
	email text check (email = lower(email)),
	phone text,
	company text,
	notes text not null default '',
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index contacts_email on contacts (org_id, email) where email is not null;
select fl_tenant_table('contacts');

create table intake_forms (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	pipeline_id uuid, -- requests go there without a decision; null: Fairlead decides
	name text not null check (length(name) between 1 and 80),
	title text not null,
	intro text not null default '',
	thanks text not null default '',
	fields jsonb not null default '[]', -- [{"name","label","hint","kind","required","choices"}]
	public_key text not null unique,    -- in the address /f/KEY; not a secret, its hash is a principal
	embed_origins text not null default '',
	active boolean not null default true,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, pipeline_id) references pipelines (org_id, id)
);
select fl_tenant_table('intake_forms');

create table webhook_sources (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	public_key text not null unique, -- in the address /api/webhooks/KEY; its hash is a principal
	scheme text not null default 'standard' check (scheme in ('standard', 'github', 'stripe', 'token')),
	secret bytea not null,           -- sealed (base/hash.h, fl_seal)
	mapping jsonb not null default '{}', -- {"subject":"data.title",...}: dotted paths into the body
	active boolean not null default true,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
select fl_tenant_table('webhook_sources');

-- What a provider sent, once a provider's id (promise 20).
create table webhook_receipts (
	org_id uuid not null,
	source_id uuid not null,
	provider_id text not null check (length(provider_id) between 1 and 200),
	intake_id uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, source_id, provider_id),
	foreign key (org_id, source_id) references webhook_sources (org_id, id)
);
select fl_tenant_table('webhook_receipts', 'select, insert, update');

-- Who sent how much through a form lately: addresses only as hashes, rows go after a day.
create table form_visits (
	org_id uuid not null,
	form_id uuid not null,
	address_hash bytea not null,
	quarantined boolean not null,
	at timestamptz not null default now()
);
create index form_visits_recent on form_visits (org_id, form_id, address_hash, at);
create index form_visits_age on form_visits (at);
select fl_tenant_table('form_visits', 'select, insert');

create table mailboxes (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	name text not null check (length(name) between 1 and 80),
	address text not null check (address = lower(address)),
	imap_url text,       -- imaps://host/INBOX; null: mail comes only by the pipe command
	imap_user text,
	imap_password bytea, -- sealed
	plus boolean not null default false, -- name+anything@ arrives here too: replies then carry a signed address
	active boolean not null default true,
	last_polled_at timestamptz,
	last_error text,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index mailboxes_address on mailboxes (address); -- over all tenants: an address has one owner
select fl_tenant_table('mailboxes');

-- Every mail as it came, kept before anybody tries to understand it: what cannot be read stays here, is listed and replayable (promise 21).
create table mail_raw (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	mailbox_id uuid,
	dedupe text not null, -- Message-ID, or the hash of the bytes where there is none (promise 20)
	raw bytea not null,
	state text not null default 'new' check (state in ('new', 'done', 'ignored', 'failed')),
	reason text,
	intake_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id),
	unique (org_id, dedupe)
);
create index mail_raw_odd on mail_raw (org_id, id) where state in ('failed', 'ignored');
create index mail_raw_intake on mail_raw (org_id, intake_id) where intake_id is not null;
create index mail_raw_day on mail_raw (org_id, mailbox_id, created_at);
select fl_tenant_table('mail_raw');

create sequence intake_number start 1001;
grant usage on sequence intake_number to fl_app, fl_definer;

create table intake_requests (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	number bigint not null default nextval('intake_number'), -- shown as REQ-number; gaps are normal
	channel text not null check (channel in ('form', 'email', 'webhook', 'api', 'manual', 'sms', 'chat', 'phone')),
	status text not null default 'NEW' check (status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW', 'REJECTED', 'CLOSED', 'QUARANTINED')),
	subject text not null check (length(subject) between 1 and 300),
	body text not null default '',
	fields jsonb not null default '{}',
	requester_name text,
	requester_email text,
	requester_phone text,
	contact_id uuid,
	form_id uuid,
	source_id uuid,
	pipeline_id uuid,
	item_id uuid,
	assignee_id uuid,
	decision_id uuid, -- the latest
	intent text,
	priority smallint not null default 5 check (priority between 1 and 9),
	quarantine_reason text,
	message_id text, -- of the mail that opened it
	locale text not null default 'en',
	due_at timestamptz not null default now() + interval '4 hours', -- first answer promised by then
	status_hash bytea, -- of the key in the submitter's link, /status/KEY: finds its principal when the link has to end
	answered_at timestamptz,
	closed_at timestamptz,
	version int not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create index intake_requests_status on intake_requests (org_id, status, id);
create index intake_requests_due on intake_requests (org_id, due_at, id) where status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW');
create index intake_requests_contact on intake_requests (org_id, contact_id) where contact_id is not null;
create index intake_requests_message on intake_requests (org_id, message_id) where message_id is not null;
select fl_tenant_table('intake_requests');

-- What was said after the request itself: answers, replies, internal notes.
create table intake_messages (
	org_id uuid not null,
	id uuid not null default fl_uuid(),
	intake_id uuid not null,
	direction text not null check (direction in ('in', 'out', 'note')),
	author_id uuid,
	author_name text not null default '',
	body text not null,
	message_id text,
	email_id uuid, -- the outgoing mail that carries it
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, intake_id) references intake_requests (org_id, id)
);
create index intake_messages_thread on intake_messages (org_id, intake_id, id);
create index intake_messages_message on intake_messages (org_id, message_id) where message_id is not null;
select fl_tenant_table('intake_messages', 'select, insert, update');

create table intake_views (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	user_id uuid, -- null: everybody's
	name text not null check (length(name) between 1 and 80),
	query text not null check (length(query) <= 1000), -- of the list's address
	position int not null default 0,
	created_at timestamptz not null default now(),
	primary key (org_id, id)
);
select fl_tenant_table('intake_views');

create table leads (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	intake_id uuid,
	contact_id uuid,
	status text not null default 'New' check (status in ('New', 'Contacted', 'Qualified', 'Disqualified', 'Proposal', 'Won', 'Lost')),
	title text not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, id)
);
create unique index leads_intake on leads (org_id, intake_id) where intake_id is not null;
select fl_tenant_table('leads');
