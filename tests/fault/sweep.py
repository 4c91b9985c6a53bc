"""The kill sweep: the process that serves a request or runs a job is killed at each of its system calls (promises 1 to 4). The ledger of the clients and
of the partners judges, not the tables. `sweep.py` runs a few points of each target, `sweep.py all` every one. Prints TAP."""
import os, pathlib, sys, tempfile, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from house import House, HouseError  # noqa: E402
from partners import house  # noqa: E402
from strike import may_trace, profile, spread, strike  # noqa: E402
from tap import done, note, ok  # noqa: E402
from targets import DOORS, JOBS, PAGES  # noqa: E402

SAMPLE = {'form': 8, 'api': 8, 'webhook': 8, 'reply': 8, 'route': 6, 'ask': 5, 'mail': 6, 'first mail': 0, '/dashboard': 6}

# What may not be, whatever was killed: each counts rows that contradict each other.
HALVES = {
    'a request without its event': "select count(*) from intake_requests r where not exists (select from system_events e where e.org_id = r.org_id "
                                   "and e.type = 'intake.created' and e.payload ->> 'intake_id' = r.id::text)",
    'an event without its request': "select count(*) from system_events e where e.type = 'intake.created' and not exists (select from intake_requests r "
                                    "where r.org_id = e.org_id and r.id::text = e.payload ->> 'intake_id')",
    'a request without its link': "select count(*) from intake_requests r where not exists (select from principals p where p.token_hash = r.status_hash)",
    'a request whose trail does not begin once': "select count(*) from intake_requests r where 1 <> (select count(*) from audit_log a where a.org_id = r.org_id "
                                                 "and a.action = 'intake.create' and a.subject_id = r.id)",
    'a request that nobody decides': "select count(*) from intake_requests r where r.status <> 'QUARANTINED' and not exists (select from agent_decisions d "
                                     "where d.org_id = r.org_id and d.intake_id = r.id) and not exists (select from jobs j where j.payload ->> 'intake_id' = r.id::text)",
    'a decision without its request or twice': "select count(*) from (select r.id from agent_decisions d left join intake_requests r on r.org_id = d.org_id and "
                                               "r.id = d.intake_id group by d.intake_id, r.id having r.id is null or count(*) > 1) x",
    'a routed request without its card': "select count(*) from intake_requests r where r.status = 'ASSIGNED' and not exists (select from pipeline_items i "
                                         "where i.org_id = r.org_id and i.id = r.item_id)",
    'a counter that is off': "select count(*) from organizations o where (select coalesce(sum(delta), 0) from counter_deltas c where c.org_id = o.id and c.name = 'intake.open') "
                             "+ (select coalesce(sum(value), 0) from counters c where c.org_id = o.id and c.name = 'intake.open') <> (select count(*) from "
                             "intake_requests r where r.org_id = o.id and r.status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW'))",
    'a mail without its job': "select count(*) from email_messages m where m.state = 'queued' and not exists (select from jobs j where j.payload ->> 'email_id' = m.id::text)",
    'a job that is left': "select count(*) from jobs where state in ('queued', 'active', 'retry')",
    'a dead letter': "select count(*) from job_history where state = 'dead'",
}


def sweep(w, folder, name, kind, most):
    """Kills at the points of one target; every promise of its ledger must be kept."""
    target = kind(w)
    target.prepare(1)
    process = getattr(w, kind.role)
    points = profile(process, target.begin, lambda: target.act('%s whole' % name), folder)
    chosen, killed, missed = spread(points, most), [], []
    target.prepare(2 * len(chosen))
    for point in chosen:
        tries = (strike(process, [(*point, 'signal=KILL')], target.begin, lambda: target.act('%s %s %d.%d' % (name, *point, n))) for n in (1, 2))
        (killed if any(tries) else missed).append(point)
    w.h.drained(60)
    wrong = target.wrong()
    note('%s: %d points run of %d possible' % (name, len(killed), len(points)))
    ok(not wrong and len(killed) >= len(chosen) / 2, '%s: killed at %d of %d system calls, each promise is kept once' % (name, len(killed), len(points)), wrong[:5], missed[:9])
    return len(killed), len(points), getattr(target, 'twice', 0)


def halves(h):
    for name, query in HALVES.items():
        ok(h.one(query) == '0', 'nowhere ' + name, h.one(query))


def main():
    wanted = [a for a in sys.argv[1:] if a != 'all']
    whole = 'all' in sys.argv[1:]
    why = may_trace()
    if why:
        print('1..0 # SKIP', why)
        return
    run = possible = 0
    with tempfile.TemporaryDirectory() as folder, house() as w:
        for name, kind in {**JOBS, **DOORS, '/dashboard': PAGES['/dashboard']}.items():
            if name not in wanted if wanted else not (whole or SAMPLE[name]):
                continue
            began = time.monotonic()
            n, of, twice = sweep(w, pathlib.Path(folder), name, kind, None if whole else SAMPLE[name])
            run, possible = run + n, possible + of
            note('%s took %.1f s%s' % (name, time.monotonic() - began, ', %d mails went out twice with one Message-ID' % twice if twice else ''))
        halves(w.h)
    note('%d points run of %d possible' % (run, possible))
    if not wanted:
        ok(run >= 40, 'at least 40 distinct points', run)
    done()


if __name__ == '__main__':
    main()
