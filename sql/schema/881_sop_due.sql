-- A number of days after a time depends on the zone of the session.
alter function sop_due(sops, sop_readers) stable;
