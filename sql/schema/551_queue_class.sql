-- Queues whose jobs need a processor are taken by as many processes of a machine as it has processors (X-56), whatever else waits for others meanwhile.
alter table queues drop constraint queues_class_check, add constraint queues_class_check check (class in ('light', 'io', 'cpu'));
update queues set class = 'cpu' where name = 'document-processing';
