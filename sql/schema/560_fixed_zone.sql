-- A zone whose clocks never change (UTC, Asia/Tokyo) has no changes to list in its VTIMEZONE: a line of nothing is nothing. A series in one could not be sent to guests.
alter function calendar_ics_line(text) strict;
