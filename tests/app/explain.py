"""Every decision can be explained and made again (promise 38): what it was decided from and by stands in its row and on its page, and the same texts decided again by
the same model give the same. `explain.py 1000` for as many. Prints TAP."""
import os, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, SOURCE  # noqa: E402
from tap import done, ok  # noqa: E402

# What decides and what came of it; ids and times are of each run.
SAME = 'model, prompt_version, pipeline_id, intent, confidence, auto_threshold, approval_threshold, reason, evidence, alternatives, entities, priority, state'


def texts(n):
    lines = [line.rstrip('\n').split('\t') for path in sorted((SOURCE / 'tests/data/requests').glob('*.tsv')) for line in path.read_text().splitlines() if line.count('\t') >= 2]
    return [('%s %d' % (lines[i % len(lines)][-2], i // len(lines)), lines[i % len(lines)][-1]) for i in range(n)], lines


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    with House.temporary(pg_conf='track_functions = pl\n') as h:
        h.org('demo', 'Quayside', '--with-pipelines')
        ana, key = h.person('ana@demo.example', 'demo'), h.key('demo')
        h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 100000, 'per_hour': 100000, 'tokens_per_window': 0, 'chain': 'builtin'}, ana)
        mine, lines = texts(n)
        names = [r[0] for r in h.sql('select name from pipelines order by position')]
        h.fairlead('cases', 'import', 'demo', stdin=''.join('%s\t%s\t%s\n' % (names[i % len(names)], *line[-2:]) for i, line in enumerate(lines)))
        h.wait(lambda: h.one('select count(*) from learner_models') != '0' and h.one("select count(*) from jobs where kind = 'learner.train'") == '0', 'the learner', 60)

        def decide():
            """The decisions on all texts, by text."""
            ids = [h.api('POST', '/intake', key, {'subject': s, 'body': b}).json['id'] for s, b in mine]
            h.wait(lambda: h.one("select count(*) from intake_requests where status in ('NEW', 'ROUTING')") == '0', 'the decisions', 120)
            found = {r[0]: r[1:] for r in h.sql('select intake_id, id, %s from agent_decisions' % SAME)}
            return [found[i] for i in ids]

        first, again = decide(), decide()
        differing = [(a, b) for a, b in zip(first, again) if a[1:] != b[1:]]
        ok(not differing and len(first) == n, '%d decisions made again give the same, to the last figure' % n, *differing[:2])
        ok(len({a[3] for a in first}) > 1 and all(a[1] not in ('', 'v0') for a in first), 'by what it learned, to several places', {a[1] for a in first})
        bare = h.one("select count(*) from agent_decisions d join intake_requests r on r.id = d.intake_id where d.input_hash <> sha256(convert_to(r.subject || E'\\n' || r.body, 'UTF8')) "
                     "or d.context_digest is null or d.provider = '' or d.model = '' or d.confidence is null or d.reason || d.evidence::text = '[]' or d.agent_version is null")
        ok(bare == '0', 'each keeps the hash of its text, the digest of what it saw, provider, model, confidence, thresholds and the phrases that weighed', bare)
        calls = "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = 'approval_at'"
        waiting, before = int(h.one("select count(*) from agent_decisions where state = 'PENDING_APPROVAL'")), int(h.one(calls))
        ok(waiting > 20 and h.get('/approvals', ana).status == 200, '%d wait for a person' % waiting)
        h.wait(lambda: int(h.one(calls)) > before, 'the count of calls', 60)
        ok(int(h.one(calls)) - before <= 5, 'which of them is first is asked once a statement, not once a row', int(h.one(calls)) - before)
        one = h.sql("select d.id, d.intake_id, d.model, d.confidence, p.name from agent_decisions d join pipelines p on p.id = d.pipeline_id where d.state = 'PENDING_APPROVAL' limit 1")
        one = one or h.sql("select d.id, d.intake_id, d.model, d.confidence, p.name from agent_decisions d join pipelines p on p.id = d.pipeline_id limit 1")
        ident, intake, model, _, place = one[0]
        page = h.get('/decisions/' + ident, ana).text
        ok(all(w in page for w in (place, model)) and '0.85' in page, 'its page says where to, by which model, against which threshold', model)
        other = next(x for x in names if x != place)
        h.form('/intake/' + intake, '/intake/%s/assign' % intake, {'pipeline_id': h.one("select id from pipelines where name = '%s'" % other)}, ana)
        said = h.get('/decisions/' + ident, ana).text + h.get('/intake/' + intake, ana).text
        ok('Ana' in said and other in said, 'and who put it elsewhere')
    return done()


sys.exit(main())
