-- Who is erased takes his answers along: privacy_do_leave deletes what has his user_id.
alter table poll_answers drop constraint poll_answers_org_id_vote_id_fkey,
	add constraint poll_answers_org_id_vote_id_fkey foreign key (org_id, vote_id) references poll_votes (org_id, id) on delete cascade;
