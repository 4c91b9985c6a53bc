-- The rows of principals that links of requests had until 310: also those made while 310 ran.
delete from principals p using intake_requests r where p.kind = 'link' and p.token_hash = r.status_hash and p.org_id = r.org_id;
