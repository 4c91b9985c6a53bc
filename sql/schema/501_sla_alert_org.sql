-- An alert belongs to an organisation that there is, as X-02 has it; it is written seldom, unlike the tables that go without (tests/db/schema.py, HOT).
alter table sla_alerts add foreign key (org_id) references organizations;
