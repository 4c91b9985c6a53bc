"""The house the browser visits: the demo of quickstart, in a folder of its own. What the pages are called goes to the script as JSON in DESK."""
import json, os, subprocess, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], d) for d in ('tests/lib', 'tools')]
from demo import PEOPLE, Demo  # noqa: E402
from house import House, HouseError  # noqa: E402

TIMEOUT_S = 170
# What the taught learner is sure of.
ROUTED = {'subject': 'Invoice 2307 was charged twice', 'body': 'Our card was charged twice for invoice 2307. Please refund one of the two payments.',
          'name': 'Mina Sato', 'email': 'mina@sato.example'}
# What waits for a person, one with a word no line is long enough for.
UNSURE = [('Refund and a website', 'Refund and a website, please.'), ('Question about a photo and a meeting', 'A photo, and when we meet.'),
          ('Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft', 'https://elm.example/' + 'x' * 140)]


def furnish(h):
    demo = Demo(h)
    demo.people()
    demo.teach()
    demo.open_doors()
    count = demo.send()
    House.wait(lambda: demo.landed(count), 'the demo requests to be decided', 60)
    return demo, count


def first(demo, path, **want):
    rows = demo.h.api('GET', path, demo.owner).json['items']
    return next((r for r in rows if all(r.get(k) == v for k, v in want.items())), rows[0])['id']


def describe(h, demo, count, unsure):
    for n, (subject, body) in enumerate(unsure):
        demo.h.api('POST', '/intake', demo.key, {'subject': subject, 'body': body, 'name': 'Lou Adler', 'email': 'lou@adler.example'}, {'Idempotency-Key': 'unsure%d' % n})
    status = demo.h.api('POST', '/intake', demo.key, ROUTED, {'Idempotency-Key': 'desk'}).json['status_url']
    House.wait(lambda: demo.landed(count + len(unsure) + 1), 'a request to find its board', 20)
    h.batch()
    assigned = "select %s from intake_requests where subject = '" + ROUTED['subject'] + "' and status = 'ASSIGNED'"
    board = h.one(assigned % 'pipeline_id')
    if not board:
        raise HouseError('"%s" did not find its board by itself' % ROUTED['subject'])
    names = dict(request=h.one(assigned % 'id'), decision=h.one(assigned % 'decision_id'), board=board, form=demo.done['form'], public=demo.form,
                 status=status[status.index('/', 8):])
    pages = ['dashboard /dashboard', 'intake /intake', 'request /intake/{request}', 'request-new /intake/new', 'approvals /approvals', 'boards /boards',
             'board /boards/{board}', 'pipelines /pipelines', 'pipeline /pipelines/{board}', 'contacts /contacts', 'channels /channels',
             'form-settings /channels/forms/{form}', 'mail /channels/mail', 'agent /agent', 'decisions /agent/decisions', 'decision /decisions/{decision}',
             'notifications /notifications', 'choose /me/notifications', 'search /search?q=invoice', 'me /me', 'jobs /jobs', 'admin /admin', 'admin-jobs /admin/jobs',
             'dead /admin/dead', 'sweeps /admin/sweeps', 'events /events', 'audit /audit']
    public = ['signin /signin', 'form {public}', 'status {status}']
    split = [[line.format(**names).split(' ', 1) for line in group] for group in (pages, public)]
    return {'base': h.url(), 'owner': [PEOPLE[0][0], demo.done[PEOPLE[0][0]]], 'key': demo.key, 'routed': ROUTED, 'board': '/boards/' + board,
            'pages': split[0], 'public': split[1]}


def main():
    script, *args = sys.argv[1:]
    with House.temporary(mail=True) as h:
        desk = describe(h, *furnish(h), UNSURE[:2] if 'main' in args else UNSURE)
        path = os.path.join(os.environ['top_srcdir'], 'tests', 'browser', script + '.js')
        done = subprocess.run(['node', path, *args], env={**os.environ, 'DESK': json.dumps(desk)}, timeout=TIMEOUT_S)
    return done.returncode


if __name__ == '__main__':
    sys.exit(main())
