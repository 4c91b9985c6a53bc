"""The house the browser visits: the demo of quickstart, in a folder of its own. What the pages are called goes to the script as JSON in DESK."""
import datetime, json, os, re, subprocess, sys, uuid

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], d) for d in ('tests/lib', 'tools')]
from demo import PEOPLE, Demo  # noqa: E402
from house import PASSWORD, House, HouseError, free_port  # noqa: E402

TIMEOUT_S = 1800
# What the taught learner is sure of.
ROUTED = {'subject': 'Invoice 2307 was charged twice', 'body': 'Our card was charged twice for invoice 2307. Please refund one of the two payments.',
          'name': 'Mina Sato', 'email': 'mina@sato.example'}
# What waits for a person, one with words no line is long enough for, of somebody with such a name and address.
UNSURE = [('Help', 'It does not work and I would like to talk to somebody about it.'), ('A call about the offer', 'Could you call me about the offer for photos?'),
          ('Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft', 'https://elm.example/' + 'x' * 140,
           'Bundesausbildungsfoerderungsgesetzaenderungsverordnungsbeauftragter Adler', 'lou@' + 'unterabteilung.' * 5 + 'example')]


def furnish(h):
    demo = Demo(h)
    demo.people()
    demo.teach()
    demo.open_doors()
    count = demo.send()
    House.wait(lambda: demo.landed(count), 'the demo requests to be decided', 60)
    return demo, count


INVOICE = ('Invoice 2307', 'Quayside Studio, Harbour Street 4', 'Website, second half, 1,250.00 EUR', 'Payable by the end of the month')


def paper(lines):
    """A PDF of one page that holds these lines as text, its font within."""
    page = '%!PS\n<</NeverEmbed []>> setdistillerparams\n' + ''.join('/Helvetica findfont 20 scalefont setfont 72 %d moveto (%s) show\n' % (740 - 34 * n, line) for n, line in enumerate(lines)) + 'showpage\n'
    return subprocess.run(['gs', '-q', '-dNOPAUSE', '-dBATCH', '-sPAPERSIZE=a4', '-sDEVICE=pdfwrite', '-sOutputFile=-', '-'],
                          input=page.encode(), check=True, capture_output=True).stdout


def upload(h, who, name, data):
    mark = uuid.uuid4().hex
    body = b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n--%s--\r\n' % (mark.encode(), name.encode(), data, mark.encode())
    return h.request('POST', '/api/v1/documents', who, body, {'Content-Type': 'multipart/form-data; boundary=' + mark}).json['id']


def ics(today):
    lines = ['BEGIN:VCALENDAR', 'VERSION:2.0']
    for n, (title, more) in enumerate((('Swimming lesson', ['RRULE:FREQ=WEEKLY;COUNT=8']), ('Parents\' evening', []), ('Plumber', ['STATUS:CANCELLED']))):
        day = (today + datetime.timedelta(n)).strftime('%Y%m%d')
        lines += ['BEGIN:VEVENT', 'UID:family-%d' % n, 'DTSTART:%sT1%d0000' % (day, n), 'DTEND:%sT1%d3000' % (day, n), 'SUMMARY:' + title, *more, 'END:VEVENT']
    return '\r\n'.join(lines + ['BEGIN:VEVENT', 'UID:family-9', 'SUMMARY:Some day', 'END:VEVENT', 'END:VCALENDAR'])


def week(demo):
    """What a week at the desk leaves: tasks, meetings, a booking page, promises, a document, a member who was invited. Their ids by name."""
    h, owner = demo.h, demo.owner
    today = datetime.date.today()
    me = h.one("select id from users where email = '%s'" % PEOPLE[0][0])
    tasks = [h.api('POST', '/tasks', demo.key, {'title': title, 'priority': n % 4 + 1, 'assignee_id': me, 'due': '%sT%02d:00' % (today + datetime.timedelta(days), 9 + n)}).json['id']
             for n, (title, days) in enumerate([('Send the offer to Holm bakery', -1), ('Check the refund of invoice 2291', 0), ('Call Joel about Friday', 1), ('Photos for the new shop', 3)])]
    h.api('POST', '/tasks/%s/step' % tasks[1], demo.key, {'status': 'IN_PROGRESS'})
    h.form('/calendar/resources', '/calendar/resources', {'name': 'Meeting room', 'kind': 'room'}, owner)
    for n, title in enumerate(('Kick-off with Holm bakery', 'Weekly review', 'Photo session')):
        event = demo.posted('/calendar/new', '/calendar', {'title': title, 'day': today + datetime.timedelta(n), 'from': '1%d:00' % n, 'until': '1%d:45' % n, 'people': me})
    monday = today - datetime.timedelta(today.weekday())
    for day, title, start, until in ((0, 'Stand-up', '08:00', '08:15'), (1, 'Photo shoot, bakery', '11:00', '14:00'), (1, 'Call about the offer', '11:30', '12:15'),
                                     (2, 'Review with the school', '12:00', '13:00'), (3, 'Room repair', '09:15', '12:30'), (4, 'Desk duty', '13:00', '17:00')):
        demo.posted('/calendar/new', '/calendar', {'title': title, 'day': monday + datetime.timedelta(day), 'from': start, 'until': until, 'people': me, 'free': 'on'})
    names = {'task': tasks[0], 'event': event, 'me': me}
    names['import'] = demo.posted('/calendar/imports', '/calendar/imports', {'name': 'family.ics', 'text': ics(today)})
    names['booking'] = demo.posted('/booking/new', '/booking', {'name': 'First talk', 'hosts': me, 'zone': 'Europe/Lisbon', 'intro': 'Half an hour to get to know each other.'})
    names['book'] = h.one("select public_key from booking_pages where id = '%s'" % names['booking'])
    names['poll'] = demo.posted('/polls/new', '/polls', {'title': 'Opening of the new shop', 'named': 'on', 'zone': 'Europe/Lisbon', 'place': 'Quay 4',
                                                         'starts': ['%sT%d:00' % (today + datetime.timedelta(n), 9 + n) for n in (9, 10, 13)]})
    names['asked'] = h.one("select public_key from polls where id = '%s'" % names['poll'])
    times = [r[0] for r in h.sql("select id from poll_options where poll_id = '%s' order by starts_at" % names['poll'])]
    for who, said in (('Kim Holm', 'yes maybe no'), ('Rosa Prieto', 'yes yes no'), ('Joel Adler', 'no yes maybe')):
        demo.h.post('/poll/' + names['asked'], {'name': who, '_token': demo.h.get('/poll/' + names['asked']).token, **dict(zip(('answers.' + t for t in times), said.split()))})
    names['onboarding'] = demo.joining()
    names['sop'], names['plan'] = h.one("select id from sops where title = 'Refunds'"), h.one('select id from onboarding_plans')
    names['sla'] = demo.posted('/settings/sla', '/settings/sla', {'name': 'Everybody', 'first_min': 240, 'resolve_min': 2880, 'zone': 'Europe/Lisbon', 'active': 'true',
                                                                  **{'hours.%d' % d: '09:00-18:00' for d in range(1, 6)}})
    names['document'] = upload(h, demo.key, 'invoice-2307.pdf', paper(INVOICE))
    h.form('/members', '/members/invite', {'email': 'new@quayside.example', 'role': 'pm'}, owner)
    demo.owner = h.prove(owner, demo.done[PEOPLE[0][0]])
    House.wait(lambda: h.one("select status from documents where id = '%s'" % names['document']) == 'COMPLETED', 'a document to be read', 60)
    names['talk'] = demo.posted('/chat', '/chat', {'question': 'What is the amount of invoice 2307?'}).split('#')[0]
    House.wait(lambda: not h.api('GET', '/chat/' + names['talk'], demo.owner).json['conversation']['waiting'], 'a question to be answered', 60)
    return names


def booked(h, door, who):
    """A time of a booking page, taken by the person of a request; the booking's id."""
    page = h.get(door)
    link = h.post(door, {'start': re.search(r'name="start" value="([^"]+)"', page.text).group(1), '_token': page.token}).headers['Location']
    h.post(link, {'name': who['name'], 'email': who['email'], '_token': h.get(link).token})
    return h.one("select id from bookings where email = '%s' and state = 'CONFIRMED'" % who['email'])


def first(demo, path, **want):
    rows = demo.h.api('GET', path, demo.owner).json['items']
    return next((r for r in rows if all(r.get(k) == v for k, v in want.items())), rows[0])['id']


def describe(h, demo, count, unsure):
    for n, (subject, body, *who) in enumerate(unsure):
        name, email = who or ('Lou Adler', 'lou@adler.example')
        demo.h.api('POST', '/intake', demo.key, {'subject': subject, 'body': body, 'name': name, 'email': email}, {'Idempotency-Key': 'unsure%d' % n})
    status = demo.h.api('POST', '/intake', demo.key, ROUTED, {'Idempotency-Key': 'desk'}).json['status_url']
    House.wait(lambda: demo.landed(count + len(unsure) + 1), 'a request to find its board', 20)
    h.batch()
    assigned = "select %s from intake_requests where subject = '" + ROUTED['subject'] + "' and status = 'ASSIGNED'"
    board = h.one(assigned % 'pipeline_id')
    if not board:
        raise HouseError('"%s" did not find its board by itself' % ROUTED['subject'])
    names = dict(request=h.one(assigned % 'id'), long=h.one('select id from intake_requests order by length(requester_name) desc nulls last limit 1'), decision=h.one(assigned % 'decision_id'), board=board, form=demo.done['form'], public=demo.form,
                 status=status[status.index('/', 8):], contact=h.one("select id from contacts where email is not null limit 1"), organization=h.one("select id from organizations where slug = 'quayside'"), **week(demo))
    names['visit'] = booked(h, '/book/' + names['book'], ROUTED)
    names['incident'] = h.one("insert into incidents (title, words, known_at) values ('A laptop was lost', 'A laptop with a list of addresses was lost on a train. Its disk is sealed. Ask desk@quayside.example.', now() - interval '3 hours') returning id")
    pages = ['dashboard /dashboard', 'intake /intake', 'request /intake/{request}', 'request-long /intake/{long}', 'request-new /intake/new', 'approvals /approvals', 'boards /boards',
             'board /boards/{board}', 'pipelines /pipelines', 'pipeline /pipelines/{board}', 'contacts /contacts', 'leads /contacts/import', 'channels /channels',
             'form-settings /channels/forms/{form}', 'hooks /channels/hooks', 'hook-new /channels/hooks/new', 'mail /channels/mail', 'agent /agent', 'redaction /agent/privacy', 'decisions /agent/decisions', 'decision /decisions/{decision}',
             'notifications /notifications', 'letters /me/keys', 'search /search?q=invoice', 'passages /search/passages?q=invoice+amount', 'me /me', 'jobs /jobs', 'admin /admin', 'admin-jobs /admin/jobs',
             'dead /admin/dead', 'sweeps /admin/sweeps', 'events /events', 'audit /audit', 'tasks /tasks', 'tasks-mine /tasks/mine', 'tasks-board /tasks/board',
             'task /tasks/{task}', 'task-new /tasks/new', 'task-all /tasks/all', 'task-templates /task-templates', 'teams /settings/teams', 'calendar /calendar', 'calendar-month /calendar?view=month',
             'event /calendar/{event}', 'event-new /calendar/new', 'imports /calendar/imports', 'import /calendar/imports/{import}', 'links /calendar/links', 'google /calendar/google/connect?claim=x', 'resources /calendar/resources', 'documents /documents', 'document /documents/{document}', 'document-text /documents/{document}?tab=text', 'document-history /documents/{document}?tab=history', 'document-notes /documents/{document}?tab=notes', 'document-versions /documents/{document}?tab=versions', 'document-permissions /documents/{document}?tab=permissions', 'document-word /documents/{document}?word=1', 'document-fields /documents/{document}/fields', 'document-quality /documents/quality', 'chat /chat', 'talk /chat/{talk}', 'chat-rules /settings/chat',
             'polls /polls', 'poll /polls/{poll}', 'poll-new /polls/new', 'booking /booking', 'booking-page /booking/{booking}', 'booking-hours /booking/hours', 'members /members', 'member /members/{me}', 'settings /settings',
             'procedures /procedures', 'procedure /procedures/{sop}', 'procedure-draft /procedures/{sop}?v=0', 'procedure-new /procedures/new', 'procedure-edit /procedures/{sop}/edit', 'procedure-rules /procedures/{sop}/rules',
             'onboardings /onboarding', 'onboarding /onboarding/{onboarding}', 'onboarding-plans /onboarding/plans', 'onboarding-plan-new /onboarding/plans/new', 'onboarding-plan /onboarding/plans/{plan}',
             'organization /settings/organization', 'region /settings/region', 'reminders /settings/reminders', 'subscription /settings/subscription', 'company /settings/company', 'integrations /settings/integrations', 'identities /settings/identities', 'clocks /sla', 'sla /settings/sla',
             'sla-policy /settings/sla/{sla}', 'my-data /me/data', 'danger /settings/danger', 'contact-data /contacts/{contact}/data', 'keys /settings/keys', 'security /me/security', 'passkeys /me/passkeys', 'choose /me/notifications', 'orgs /orgs', 'sms /channels/sms',
             'admin-orgs /admin/orgs', 'admin-org /admin/orgs/{organization}', 'admin-users /admin/users', 'admin-user /admin/users/{me}', 'admin-sessions /admin/sessions',
             'admin-audit /admin/audit', 'admin-errors /admin/errors', 'admin-blocked /admin/blocked', 'admin-incidents /admin/incidents', 'admin-collections /admin/collections', 'admin-incident-new /admin/incidents/new', 'admin-incident /admin/incidents/{incident}', 'welcome /welcome']
    h.sql("insert into privacy_orders (what, subject, subject_id, state, token_hash, certificate, hash, ended_at) values ('erase', 'contact', fl_uuid(), 'done', sha256('shown'), "
          "'{\"did\": [{\"table\": \"intake_requests\", \"did\": \"blank\", \"rows\": 12}]}', repeat('a', 64), now())")
    public = ['certificate /erasures?token=shown', 'signin /signin', 'form {public}', 'status {status}', 'signup /signup', 'forgot /password/forgot', 'problems /problems', 'book /book/{book}', 'poll-answer /poll/{asked}']
    own = ['portal /portal', 'portal-request /portal/{request}', 'own-bookings /me/bookings', 'own-move /me/bookings/{visit}/move']
    split = [[line.format(**names).split(' ', 1) for line in group] for group in (pages, public, own)]
    h.fairlead('user', 'add', ROUTED['email'], ROUTED['name'], '--org', 'quayside', '--role', 'client', stdin=PASSWORD + '\n')
    return {'base': h.url(), 'owner': [PEOPLE[0][0], demo.done[PEOPLE[0][0]]], 'key': demo.key, 'routed': ROUTED, 'board': '/boards/' + board,
            'pages': split[0], 'public': split[1], 'own': split[2], 'client': [ROUTED['email'], PASSWORD]}


def run(script, desk, *args):
    path = os.path.join(os.environ['top_srcdir'], 'tests', 'browser', script + '.js')
    return subprocess.run(['node', path, *args], env={**os.environ, 'DESK': json.dumps(desk)}, timeout=TIMEOUT_S).returncode


def passkey():
    """A small house whose address is a name: passkeys are made for names, not for numbers."""
    port = free_port()
    with House.temporary(port=port, conf={'FAIRLEAD_URL': 'http://localhost:%d' % port, 'RATE_LIMIT_MAX': '1000000'}) as h:
        h.org('quay')
        h.person('ana@quay.example', org='quay')
        h.person('new@quay.example')
        return run('passkey', {'new': ['new@quay.example', PASSWORD], 'base': h.conf['FAIRLEAD_URL'], 'owner': ['ana@quay.example', PASSWORD]})


def main():
    script, *args = sys.argv[1:]
    if script == 'passkey':
        return passkey()
    port = free_port()
    # Static files by another origin, as a CDN would have them: what the policy or the fetch rules of browsers refuse shows.
    with House.temporary(mail=True, port=port, conf={'S3_CDN_URL': 'http://localhost:%d' % port}) as h:
        desk = describe(h, *furnish(h), UNSURE[:2] if 'main' in args else UNSURE)
        return run(script, desk, *args)


if __name__ == '__main__':
    sys.exit(main())
