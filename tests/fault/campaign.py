"""A run of one sweep over its targets: which of them, how many of their points, and what may be nowhere afterwards."""
import os, pathlib, re, subprocess, sys, tempfile, threading, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from ending import leave_by_signal  # noqa: E402
from partners import house  # noqa: E402
from strike import LIVES, may_trace, spread  # noqa: E402
from tap import done, note, ok  # noqa: E402

FEW = 6     # points of a target without a sample that was named
HOUSES = 4  # a sweep of every point is shared by so many houses: a strike is mostly waiting (a worker process that lived less than a second is started a second after it)

# What may not be, whatever was killed: each counts rows that contradict each other.
HALVES = {
    'a request without its event': "select count(*) from intake_requests r where not exists (select from system_events e where e.org_id = r.org_id "
                                   "and e.type = 'intake.created' and e.payload ->> 'intake_id' = r.id::text)",
    'an event without its request': "select count(*) from system_events e where e.type = 'intake.created' and not exists (select from intake_requests r "
                                    "where r.org_id = e.org_id and r.id::text = e.payload ->> 'intake_id')",
    'a request without its link': "select count(*) from intake_requests r where r.status_hash is null",
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
    'a dead letter': "select count(*) from job_history where state = 'dead'",
}


def halves(h):
    # One that was put off comes due when it likes; that none stays is what counts.
    h.drained(60)
    for name, query in HALVES.items():
        ok(h.one(query) == '0', 'nowhere ' + name, h.one(query))


def choice(whole, part, most):
    """What a sweep runs of the points there are: answers how to choose, as (chosen, how many there were to choose from)."""
    def choose(points):
        mine = points[part[0] - 1::part[1]]
        return (mine if whole else spread(mine, most)), len(mine)

    return choose


def one_house(targets, sample, sweep, finish, wanted, whole, part):
    """Runs a part (k, n) of the points of each target in a house of its own; answers the points run and the points possible."""
    run = possible = 0
    with tempfile.TemporaryDirectory() as folder, house() as w:
        for name, kind in targets.items():
            if name not in wanted if wanted else not (whole or sample.get(name)):
                continue
            began, target = time.monotonic(), kind(w)
            target.prepare(LIVES)
            n, of = sweep(w, target, name, pathlib.Path(folder), choice(whole, part, sample.get(name) or FEW))
            run, possible = run + n, possible + of
            note('%s: %d points run of %d possible, in %.1f s' % (name, n, of, time.monotonic() - began))
        halves(w.h)
        finish(w)
    return run, possible


def hear(k, child, sums, lock, ended):
    """Passes on what the k-th house says, with its number; adds up its points by target, and notes that it came to its plan: one that broke off has judged nothing."""
    for line in child.stdout:
        judged, counted = re.match(r'(not )?ok \d+ - (.*)', line), re.match(r'# (.+): (\d+) points run of (\d+) possible', line)
        with lock:
            if judged:
                ok(not judged.group(1), 'house %d: %s' % (k, judged.group(2)))
            elif re.match(r'#(?! \d+ points run)', line):
                note('house %d: %s' % (k, line[1:].strip()))
            if line.startswith('1..'):
                ended.add(k)
            if counted:
                n, of = sums.get(counted.group(1), (0, 0))
                sums[counted.group(1)] = n + int(counted.group(2)), of + int(counted.group(3))


def all_houses():
    """Every point, each in one of several houses; answers the points run and the points possible."""
    sums, lock, ended = {}, threading.Lock(), set()
    children = [subprocess.Popen([sys.executable, *sys.argv, '%d/%d' % (k, HOUSES)], stdout=subprocess.PIPE, text=True) for k in range(1, HOUSES + 1)]
    threads = [threading.Thread(target=hear, args=(k, child, sums, lock, ended)) for k, child in enumerate(children, 1)]
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    except SystemExit:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
        raise
    for k, child in enumerate(children, 1):
        ok(child.wait() in (0, 1) and k in ended, 'house %d: went to its end' % k, child.returncode)
    for name, (n, of) in sums.items():
        note('%s: %d points run of %d possible in all' % (name, n, of))
    return tuple(sum(x) for x in zip(*sums.values(), (0, 0)))


def campaign(targets, sample, sweep, least=0, finish=lambda w: None):
    """Runs sweep(world, target, name, folder, choose) on the targets that the arguments name, else on those with a sample, and with `all` at every point, `K/N` at
    every Nth from the Kth on; it answers the points run and the points possible. At least `least` must have run when no target was named. `finish` looks at the
    world at the end. Prints TAP."""
    parts = [tuple(map(int, a.split('/'))) for a in sys.argv[1:] if re.fullmatch(r'\d+/\d+', a)]
    wanted, whole, why = [a for a in sys.argv[1:] if a in targets], 'all' in sys.argv[1:], may_trace()
    if why:
        print('1..0 # SKIP', why)
        return
    leave_by_signal()
    if whole and not parts:
        run, possible = all_houses()
    else:
        run, possible = one_house(targets, sample, sweep, finish, wanted, whole, parts[0] if parts else (1, 1))
    note('%d points run of %d possible' % (run, possible))
    if least and not wanted and not parts:
        ok(run >= least, 'at least %d distinct points' % least, run)
    done()
