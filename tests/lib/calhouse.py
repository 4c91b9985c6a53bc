"""A person with a calendar elsewhere, as tests of the ways there drive it."""


class Step:
    def __init__(self, h, ana):
        self.h, self.ana, self.link = h, ana, None

    def rest(self):
        self.h.wait(lambda: self.h.one("select count(*) from jobs where queue in ('calendar-sync', 'events') and (run_at < now() + interval '1 second' or state = 'active')") == '0', 'the run', 40)

    def run(self):
        self.h.form('/calendar/links', '/calendar/links/%s/pull' % self.link, {}, self.ana)
        self.rest()
        return self.state()

    def state(self):
        return self.h.one("select state from calendar_links where id = '%s'" % self.link)

    def here(self, uid):
        rows = self.h.sql("select title, status, to_char(starts_local at time zone zone at time zone 'UTC', 'DD HH24:MI'), id from calendar_events where uid = '%s'" % uid)
        return rows[0] if rows else None

    def save(self, path, **more):
        answer = self.h.form('/calendar/new' if path == '/calendar' else path, path, {'zone': 'Europe/Madrid', **more}, self.ana)
        self.rest()
        return answer
