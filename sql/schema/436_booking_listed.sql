-- What can be booked is a choice of the visitor where pages of the organisation are offered beside each other (ux 1.5, BKG-01, BKG-02): an audit, a consultation.
alter table booking_pages add column listed boolean not null default false;

create function booking_page_list(p_id uuid, p_listed boolean) returns boolean language plpgsql as $$
begin
	update booking_pages b set listed = coalesce(p_listed, false) where b.org_id = fl_org() and b.id = p_id and b.listed <> coalesce(p_listed, false);
	return found;
end
$$;
