"""What the sample of each field does not get: good answers of those that write, each with what it wants, in an order in which one makes what the next needs."""
import struct, zlib

from visit import PASSWORD

DAY = '2099-01-05'  # a Monday


def picture():
    """A grey PNG of 16 by 16 pixels."""
    part = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return b'\x89PNG\r\n\x1a\n' + part(b'IHDR', struct.pack('>IIBBBBB', 16, 16, 8, 0, 0, 0, 0)) + part(b'IDAT', zlib.compress((b'\0' + b'\x80' * 16) * 16)) + part(b'IEND', b'')


def ask(h, org, subject='A question of hers'):
    return h.api('POST', '/intake', org.key, {'subject': subject, 'body': 'Please help.', 'email': 'hers@mill.example'}).json


def wait_for_people(h, org):
    """While the worker runs: the ids of three proposals that no machine carries out."""
    h.sql("update orchestration_agents set auto_threshold = 1, approval_threshold = 0 where org_id = '%s'" % org.id)
    sent = [ask(h, org, 'Invoice charged twice %d' % i)['id'] for i in range(3)]
    of = "from agent_decisions where state = 'PENDING_APPROVAL' and intake_id in ('%s')" % "', '".join(sent)
    h.wait(lambda: h.one('select count(*) ' + of) == '3', 'three proposals')
    h.drained()
    return [r[0] for r in h.sql('select id ' + of)]


class Good:
    """Posts as people do: each once, with a token of its own. What is refused stands in `refused`."""

    def __init__(self, held, org, waiting, root):
        self.held, self.h, self.org, self.ids, self.waiting, self.root, self.refused = held, held.h, org, org.ids, waiting, root, []
        self.people = dict(self.h.sql("select role, user_id from memberships where org_id = '%s'" % org.id))

    def one(self, statement):
        return self.h.one(statement.replace('ORG', self.org.id))

    def post(self, path, body=None, who='owner', **at):
        """at: what stands for a parameter of the path. Answers the JSON."""
        address, who = '/api/v1' + path, self.org.people.get(who, who)
        for name, value in at.items():
            address = address.replace('{%s}' % name, str(value))
        pairs = [(k, x) for k, v in (body or {}).items() for x in (v if isinstance(v, list) else [v])]
        if who:
            pairs.append(('_token', self.h.get('/me', who).token))
        a = self.held.keep('POST', path, self.h.request('POST', address, who, pairs, {'Accept': 'application/json'}))
        if a.status >= 400:
            self.refused.append('%s: %d %s' % (path, a.status, a.text[:300]))
        return a.json if a.status < 400 and a.body else {}

    def send(self, path, who, name, data, kind='text/plain', field='files', **at):
        """A file in a form."""
        address, who = '/api/v1' + path, self.org.people.get(who, who)
        for key, value in at.items():
            address = address.replace('{%s}' % key, str(value))
        head = '--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        body = (head % ('_token', self.h.get('/me', who).token)).encode()
        body += ('--cut\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n' % (field, name, kind)).encode() + data + b'\r\n--cut--\r\n'
        a = self.held.keep('POST', path, self.h.request('POST', address, who, body, {'Accept': 'application/json', 'Content-Type': 'multipart/form-data; boundary=cut'}))
        if a.status >= 400:
            self.refused.append('%s: %d %s' % (path, a.status, a.text[:300]))
        return a.json if a.status < 400 and a.body else {}

    def get(self, path, token):
        return self.held.keep('GET', path, self.h.request('GET', '/api/v1' + path.replace('{token}', token), None, None, {'Accept': 'application/json'}))

    def all(self):
        for part in (self.requests, self.decisions, self.doors, self.pipelines, self.tasks, self.calendar, self.booking, self.polls, self.newcomers, self.settings, self.clients, self.documents, self.me, self.members):
            part()

    def requests(self):
        made = [ask(self.h, self.org) for _ in range(3)]
        a, b, c = (m['id'] for m in made)
        undo = self.post('/intake/{id}/assign', {'pipeline_id': self.ids['pipelines']}, id=a)
        self.post('/intake/{id}/undo', {'request': undo.get('undo')}, id=a)
        self.post('/intake/{id}/assign', {'pipeline_id': self.ids['pipelines']}, id=b)
        self.post('/intake/{id}/worth', {'amount': '12.50', 'currency': 'EUR'}, id=b)
        self.post('/intake/{id}/close', {}, id=b)
        self.post('/intake/{id}/reopen', {}, id=b)
        undo = self.post('/intake/bulk', {'act': 'assign', 'id': [c], 'to': self.ids['pipelines']})
        self.post('/intake/undo', {'request': undo.get('undo')})
        for i in range(2):  # who fills in what nobody sees is put aside
            self.post('/f/{token}', {'field.email': 'hers@mill.example', 'field.message': 'By form %d' % i, 'website': 'x'}, None, token=self.org.door['/f/'])
        aside = self.h.sql("select id from intake_requests where org_id = '%s' and status = 'QUARANTINED'" % self.org.id)
        self.post('/intake/{id}/release', id=aside[0][0])
        self.post('/intake/{id}/reject', id=aside[1][0])
        self.post('/intake/views/{id}/remove', id=self.post('/intake/views', {'name': 'Mine', 'query': 'mine=true'}, 'operator')['id'], who='operator')
        self.post('/scheduling-agent', {'text': 'Could we meet on Tuesday?', 'email': 'hers@mill.example'})
        status = made[0]['status_url'].rsplit('/', 1)[1]
        self.get('/status/{token}', status)
        self.post('/status/{token}', {'body': 'One thing more.'}, None, token=status)
        self.post('/status/{token}/withdraw', {}, None, token=status)

    def decisions(self):
        a, b, c = self.waiting
        self.post('/approvals/{id}/approve', id=a)
        self.post('/decisions/{id}/undo', id=a)
        self.post('/approvals/{id}/send', {'pipeline_id': self.ids['pipelines']}, id=b)
        self.post('/approvals/{id}/reject', {'reason': 'No.'}, id=c)
        self.post('/decisions/{id}/right', id=b)

    def doors(self):
        place = {'name': 'Place', 'url': 'https://hooks.example.org/x', 'form': 'chat', 'events': ['task.completed'], 'active': 'true'}
        hook = self.post('/channels/hooks', place)['id']
        self.post('/channels/hooks/{id}', {**place, 'name': 'Another'}, id=hook)
        self.post('/channels/hooks/{id}/try', id=hook)
        self.post('/channels/mail/{id}', {'name': 'Box', 'address': 'help@aa.example', 'active': 'true'}, id=self.ids['mailboxes'])
        self.h.sql("update mail_raw set state = 'failed' where org_id = '%s'" % self.org.id)
        self.post('/channels/mail/odd/{id}/ignore', id=self.ids['mail_raw'])
        job = self.one("select id from job_history where org_id = 'ORG' and payload is not null order by id limit 1")
        self.post('/jobs/{id}/retry', id=job)

    def pipelines(self):
        new = self.post('/pipelines', {'name': 'A new one'})['id']
        self.post('/pipelines/{id}', {'name': 'A newer one'}, id=new)
        self.post('/pipelines/{id}/stages/{stage}', {'name': 'Anew', 'kind': 'open'}, id=self.ids['pipelines'], stage=self.ids['pipeline_stages'])
        stage = self.post('/pipelines/{id}/stages', {'name': 'Last', 'kind': 'done'}, id=new)['stage_id']
        self.post('/pipelines/{id}/stages/{stage}/remove', {}, id=new, stage=stage)
        card = self.h.sql("select pipeline_id, number from pipeline_items i where org_id = '%s' and archived_at is null limit 1" % self.org.id)[0]
        stages = [r[0] for r in self.h.sql("select id from pipeline_stages where pipeline_id = '%s' order by position" % card[0])]
        self.post('/boards/{id}/move', {'card': card[1], 'stage': stages[0], 'position': '1'}, id=card[0])
        self.post('/boards/{id}/next', {'card': card[1]}, id=card[0])

    def tasks(self):
        first, second = (self.post('/tasks', {'title': 'Task %d' % i})['id'] for i in (1, 2))
        self.post('/tasks/{id}/wait', {'blocker_id': second}, id=first)
        self.post('/tasks/{id}/free', {'blocker_id': second}, id=first)
        check = self.one("insert into task_checks (org_id, task_id, text) values ('ORG', '%s', 'Look') returning id" % first)
        self.post('/tasks/{id}/tick', {'check': check, 'ticked': 'true'}, id=first)
        undo = self.post('/tasks/{id}/step', {'status': 'IN_PROGRESS'}, id=first)
        self.post('/tasks/{id}/undo', {'request': undo.get('undo')}, id=first)
        undo = self.post('/tasks/bulk', {'act': 'mine', 'id': [first, second]})
        self.post('/tasks/undo', {'request': undo.get('undo')})
        undo = self.post('/tasks/board', {'card': second, 'stage': 'IN_PROGRESS'})
        self.post('/tasks/board/undo', {'request': undo.get('undo')})
        self.post('/tasks/all', {'act': 'mine', 'count': self.one("select count(*) from tasks where org_id = 'ORG' and status = 'NEW'"), 'view': 'all', 'status': 'NEW'})
        blueprint = self.post('/task-templates', {'name': 'Steps'})['id']
        self.post('/task-templates/{id}', {'name': 'More steps'}, id=blueprint)
        self.post('/task-templates/{id}/steps', {'title': 'First'}, id=blueprint)
        self.post('/task-templates/{id}/remove', {'step': self.one("select id from task_template_steps where template_id = '%s'" % blueprint)}, id=blueprint)
        self.post('/settings/teams/{id}', {'name': 'The team', 'rule': 'turn', 'member': [self.people['owner']]}, id=self.ids['teams'])

    def calendar(self):
        event = {'title': 'Visit', 'day': DAY, 'from': '09:00', 'until': '10:00', 'people': [self.people['owner']]}
        made = self.post('/calendar', event)['id']
        self.post('/calendar/{id}', {**event, 'title': 'A later visit'}, id=made)
        self.post('/calendar/imports', {'name': 'File', 'text': 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:2\r\nDTSTART:20990101T100000Z\r\nSUMMARY:Entry\r\nEND:VEVENT\r\nEND:VCALENDAR'})
        link = self.post('/calendar/links', {'name': 'Elsewhere', 'url': 'https://calendar.example.org/x.ics', 'kind': 'ics'})['id']
        self.post('/calendar/links/{id}/pull', id=link)
        self.post('/calendar/links/{id}/remove', id=link)

    def booking(self):
        owner = self.people['owner']
        for day in range(1, 8):
            self.post('/booking/hours', {'weekday': str(day), 'from': '18:00', 'until': '22:00'})
        page = self.post('/booking', {'name': 'A talk', 'hosts': [owner], 'notice': '0', 'zone': 'UTC'})['id']
        self.post('/booking/{id}', {'name': 'A talk', 'hosts': [owner], 'notice': '0', 'zone': 'UTC', 'active': 'true'}, id=page)
        key = self.one("select public_key from booking_pages where id = '%s'" % page)
        free = [t['start'] for day in self.get('/book/{token}', key).json['days'] for t in day['times']]
        visit = self.post('/book/{token}', {'start': free[-2]}, None, token=key).get('visit_key')
        self.post('/visit/{token}', {'name': 'Her', 'email': 'hers@mill.example'}, None, token=visit)
        self.get('/visit/{token}', visit)
        self.get('/visit/{token}/move', visit)
        self.post('/visit/{token}/move', {'start': free[-1]}, None, token=visit)
        self.post('/visit/{token}/cancel', {}, None, token=visit)

    def polls(self):
        poll = self.post('/polls', {'title': 'Which day', 'starts': [DAY + 'T10:00', DAY + 'T11:00']})['id']
        self.post('/polls/{id}/times', {'starts': DAY + 'T12:00'}, id=poll)
        key = self.one("select public_key from polls where id = '%s'" % poll)
        vote = self.post('/poll/{token}', {'name': 'Her'}, None, token=key).get('vote_key')
        self.get('/vote/{token}', vote)
        self.post('/vote/{token}', {'name': 'She'}, None, token=vote)
        option = self.one("select id from poll_options where poll_id = '%s' limit 1" % poll)
        self.post('/polls/{id}/pick', {'option': option}, id=poll)

    def newcomers(self):
        sop = self.post('/procedures', {'title': 'Opening', 'body': 'Open the door.'})['id']
        self.post('/procedures/{id}', {'title': 'Opening', 'body': 'Open both doors.'}, id=sop)
        self.post('/procedures/{id}/publish', id=sop)
        plan = self.post('/onboarding/plans', {'name': 'First days', 'sops': [sop]})['id']
        self.post('/onboarding/plans/{id}', {'name': 'The first days', 'sops': [sop]}, id=plan)
        self.post('/members/{id}/onboarding', {'plan_id': plan}, id=self.people['member'])
        self.post('/onboarding/{id}/stop', {'why': 'Known already'}, id=self.one("select id from onboardings where org_id = 'ORG' and user_id = '%s' and plan_id = '%s'" % (self.people['member'], plan)))

    def settings(self):
        region = {'language': 'en', 'zone': 'UTC', 'currency': 'EUR'}
        self.post('/settings/region', region)
        self.post('/welcome/region', region)
        policy = self.post('/settings/sla', {'name': 'Quick', 'first_min': '60'})['id']
        self.post('/settings/sla/{id}', {'name': 'Quicker', 'first_min': '30'}, id=policy)
        self.post('/settings/sla/{id}/steps', {'after_min': '10', 'user_id': self.people['owner']}, id=policy)
        self.post('/settings/sla/{id}/steps/remove', {'step': self.one("select id from sla_escalations where policy_id = '%s'" % policy)}, id=policy)
        self.post('/settings/keys', {'name': 'Mine', 'owner': 'person'})

    def clients(self):
        asked = self.post('/portal', {'subject': 'From the client', 'body': 'Words.'}, 'client')['id']
        self.post('/portal/{id}', {'body': 'More words.'}, 'client', id=asked)
        self.send('/portal/{id}/documents', 'client', 'mine.txt', b'Words of the client.', id=asked)
        self.post('/me/bookings/{id}/cancel', {}, 'user', id=self.ids['bookings'])
        self.post('/contacts/{id}/erase', {'confirm': self.one("select coalesce(email, name) from contacts where id = '%s'" % self.ids['contacts'])}, id=self.ids['contacts'])

    def documents(self):
        held = self.ids['documents']
        self.h.sql("update documents set status = 'QUARANTINED', reason = 'no_scanner', scan = 'none' where id = '%s'" % held)
        self.post('/documents/{id}/rescan', id=held)
        self.h.sql("update documents set status = 'QUARANTINED', reason = 'no_scanner', scan = 'none' where id = '%s'" % held)
        self.post('/documents/{id}/release', id=held)
        self.h.sql("insert into vector_stores (org_id, model, dims) values ('%s', 'one of theirs', 8)" % self.org.id)
        self.post('/settings/collections/reindex', {'model': 'one of theirs'})
        kept = self.post('/settings/collections/snapshots', {'model': 'one of theirs'}).get('id')
        self.post('/settings/collections/snapshots/{id}/remove', id=kept)

    def me(self):
        self.send('/me/avatar', 'viewer', 'me.png', picture(), 'image/png', 'avatar')
        self.send('/settings/logo', 'owner', 'logo.png', picture(), 'image/png', 'logo')
        self.post('/me/email/change', {'email': 'new@aa.example'}, 'pm')
        self.post('/me/passkeys/{id}/name', {'name': 'The key'}, 'viewer', id=self.ids['user_passkeys'])
        self.post('/me/data/export', {}, 'pm')
        self.post('/me/sessions/end', {}, 'pm')
        self.h.sign_in('pm@aa.example')
        newest = self.h.one("select s.id from sessions s join users u on u.id = s.user_id where u.email = 'pm@aa.example' order by s.created_at desc limit 1")
        self.post('/me/sessions/{session}/end', {}, 'pm', session=newest)
        self.post('/me/password', {'old': PASSWORD, 'password': 'another staple of the horse'}, 'user')
        self.post('/admin/blocked', {'network': '192.0.2.7', 'reason': 'A test'}, self.root)
        self.post('/admin/blocked/remove', {'network': '192.0.2.7'}, self.root)

    def members(self):
        invited = self.post('/members/invite', {'email': 'newcomer@mill.example', 'role': 'viewer'})['id']
        self.post('/members/invitations/{id}/revoke', id=invited)
        self.post('/members/{id}/role', {'role': 'pm'}, id=self.people['member'])
        self.post('/members/{id}/scopes', {'scopes': ''}, id=self.people['member'])
        self.post('/members/{id}/remove', id=self.people['member'])
        self.post('/settings/danger/export')
        self.post('/settings/danger/erase', {'confirm': self.org.slug, 'when': 'week'})
        self.post('/settings/danger/keep')
