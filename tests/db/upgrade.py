"""An upgrade while people work (promise 41): old and new handlers answer, no request fails but by 503 for less than two seconds, a killed migration is repeated.
Prints TAP."""
import os, pathlib, random, shutil, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, Lock, SOURCE  # noqa: E402
from tap import done, note, ok  # noqa: E402

# What a release may do to tables that are in use: new columns, a check, an index, a table under row security, a function anew.
NEXT = """alter table intake_requests add upgraded_at timestamptz, add constraint upgraded check (upgraded_at is null or upgraded_at > '2000-01-01') not valid;
alter table jobs add upgraded boolean not null default false;
alter table principals add upgraded boolean not null default false;
alter table system_events add upgraded text;
create index intake_upgraded on intake_requests (org_id, upgraded_at) where upgraded_at is not null;
create table upgrades (org_id uuid not null references organizations, id uuid not null default fl_uuid(), primary key (org_id, id));
select fl_tenant_table('upgrades');
create or replace function fl_can(p_permission text) returns boolean language sql stable as $$
	select position(' ' || p_permission || ' ' in coalesce(current_setting('app.rights', true), '')) > 0
$$;
"""


class Load(threading.Thread):
    """One client: reads pages and sends requests until it is told to stop, and notes each answer with when it was asked and how long it took."""

    def __init__(self, h, who, key, n):
        super().__init__(daemon=True)
        self.h, self.who, self.key, self.n, self.seen, self.kept, self.over = h, who, key, n, [], [], False

    def ask(self, i):
        if i % 3:
            return self.h.get(('/dashboard', '/intake')[i % 2], self.who).status
        a = self.h.api('POST', '/intake', self.key, {'subject': 'Order %d of %d' % (i, self.n), 'body': 'How much is a logo?', 'email': 'bob@x.example'}, {'Idempotency-Key': 'k%d-%d' % (self.n, i)})
        if a.status == 202:
            self.kept.append(a.json['id'])
        return a.status

    def run(self):
        i = 0
        while not self.over:
            began = time.monotonic()
            try:
                status = self.ask(i)
            except OSError as e:
                status = type(e).__name__
            self.seen.append((began, time.monotonic(), status))
            i += 1
            time.sleep(0.01)


def away_s(seen):
    """The longest time in which one client heard nothing but 503."""
    longest, since = 0, None
    for began, ended, status in seen:
        if status == 503:
            since = since or began
        else:
            longest, since = max(longest, ended - since if since else 0), None
    return longest


def share_of(folder):
    """SHARE_DIR of the next version: all of this one and one more migration."""
    share = pathlib.Path(folder) / 'share'
    share.mkdir()
    for name in ('static', 'templates', 'nginx', 'share'):
        (share / name).symlink_to(SOURCE / name)
    shutil.copytree(SOURCE / 'sql', share / 'sql')
    os.chmod(share, 0o755)
    return share


def main():
    with House.temporary() as h:
        h.org('demo', 'Demo', '--with-pipelines')
        ana, key = h.person('ana@demo.example', 'demo'), h.key('demo')
        h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 10000, 'per_hour': 10000, 'tokens_per_window': 10000000}, ana)
        share = share_of(h.prefix)
        h.conf['SHARE_DIR'] = str(share)
        (h.prefix / 'conf/next.conf').write_text(''.join('%s=%s\n' % item for item in h.conf.items()))
        command = [h.program('fairlead'), '--config', str(h.prefix / 'conf/next.conf'), 'migrate']
        load = [Load(h, ana, key, n) for n in range(2)]
        for x in load:
            x.start()
        h.wait(lambda: all(len(x.kept) > 3 for x in load), 'requests', 60)
        (share / 'sql/schema/999_next.sql').write_text(NEXT)
        # Somebody reads for long, as a backup does: the migration has to wait for him, and nobody behind it.
        reader = Lock(h, 'select count(*) from intake_requests')
        dice, cut = random.Random(41), 0
        for _ in range(3):
            child = subprocess.Popen(command, env=h.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.1, 0.8))
            child.kill()
            cut += child.wait() == -9
        ran = subprocess.Popen(command, env=h.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        h.wait(lambda: h.one("select 1 from pg_stat_activity where usename = 'fl_owner' and wait_event_type = 'Lock'"), 'the migration to wait')
        begun = [len(x.kept) for x in load]
        h.wait(lambda: all(len(x.kept) > n + 5 for x, n in zip(load, begun)), 'requests meanwhile')
        ok(ran.poll() is None, 'while it waits for a long reader requests are taken')
        reader.release()
        out, err = ran.communicate()
        ok(ran.returncode == 0 and 'applied 999_next.sql' in out, 'the migration waits for the reader, and is applied after %d were killed' % cut, out, err)
        before = len(load[0].kept)
        h.wait(lambda: len(load[0].kept) > before + 3, 'old programs on the new schema', 60)
        h.kill('web', 1)
        h.kill('worker', 1)
        h.wait(lambda: len(load[0].kept) > before + 10, 'new programs', 60)
        for x in load:
            x.over = True
        for x in load:
            x.join(30)
        seen = [s for x in load for s in x.seen]
        odd = sorted({s for _, _, s in seen} - {200, 202, 503}, key=str)
        ok(not odd, 'each of %d requests is answered, or told to come again' % len(seen), odd)
        ok(max(away_s(x.seen) for x in load) < 20, 'nobody is told so for long', [away_s(x.seen) for x in load])
        ok(max(ended - began for began, ended, _ in seen) < 30, 'and nobody waits for long', max(ended - began for began, ended, _ in seen))
        note('%d answers, %d of them 503, at most %.2f s of them; the slowest %.2f s' % (len(seen), sum(s == 503 for _, _, s in seen), max(away_s(x.seen) for x in load), max(e - b for b, e, _ in seen)))
        h.drained(60)
        kept = {i for x in load for i in x.kept}
        there = {r[0] for r in h.sql('select id from intake_requests')}
        left = h.sql("select status, count(*) from intake_requests group by 1"), h.sql("select kind, last_error from job_history where state = 'dead'")
        ok(kept <= there and not left[1] and {s for s, _ in left[0]}.isdisjoint({'NEW', 'ROUTING'}), 'all %d accepted requests are there and decided' % len(kept), len(kept - there), *left)
    return done()


sys.exit(main())
