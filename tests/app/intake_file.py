"""Files that come with a request by form, API, webhook and mail: read before it is decided, their text part of what decides, shown on its page; and what is
refused is said. Prints TAP."""
import base64, json, os, re, subprocess, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import changed, drawn, parts, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

BILL = ('Invoice 2291 was charged twice', 'Please refund the payment of 1,250.00 EUR', 'The amount on the bill is wrong', 'billing, invoice, refund, payment')


def routed(h, intake):
    h.wait(lambda: h.one("select status from intake_requests where id = '%s'" % intake) not in ('NEW', 'ROUTING'), 'the request to be decided', 60)
    return h.sql("select coalesce(p.name, '-'), coalesce(d.evidence::text, '') from intake_requests r left join agent_decisions d on d.org_id = r.org_id and d.id = r.decision_id "
                 "left join pipelines p on p.org_id = r.org_id and p.id = coalesce(r.pipeline_id, d.pipeline_id) where r.id = '%s'" % intake)[0]


def files(h, intake):
    return h.sql("select f.name, coalesce(f.refused, d.status) from intake_files f left join documents d on d.org_id = f.org_id and d.id = f.document_id "
                 "where f.intake_id = '%s' order by f.n, f.id" % intake)


def multipart(fields, attached):
    body, head = parts([], fields)
    mark = head['Content-Type'].split('=')[1].encode()
    more = b''.join(b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n' % (mark, field.encode(), name.encode(), data) for field, name, data in attached)
    return more + body, head


def by_form(h, ana, scan):
    h.form('/channels/forms/new', '/channels/forms', {'name': 'Door'}, ana)
    form, key = h.sql('select id, public_key from intake_forms')[0]
    where = '/channels/forms/' + form
    h.form(where, where + '/fields', {'label': 'Your paper', 'kind': 'file', 'required': 'on'}, ana)
    page = h.get('/f/' + key).text
    ok('enctype="multipart/form-data"' in page and 'type="file"' in page, 'a form with a file field asks for one')
    said = {'field.email': 'kim@mill.example', 'field.message': 'Please see what is attached.'}
    got = h.post('/f/' + key, said)
    ok(got.status == 422 and 'field.your_paper' in got.text, 'without the file: 422 at its field', got.status)
    body, head = multipart(said, [('field.your_paper', 'a/b\u202e/bill.png', scan)])
    got = h.request('POST', '/api/v1/f/' + key, None, body, {**head, 'Accept': 'application/json'})
    ok(got.status == 202 and got.json['status_url'], 'with it: taken', got.status, got.text[:200])
    intake = got.json['id']
    ok(h.one("select count(*) from agent_decisions where intake_id = '%s'" % intake) == '0', 'it is not decided before the file is read')
    where = routed(h, intake)
    ok(where[0] == 'Billing', 'the words of the scan decide', where)
    ok(files(h, intake) == [['bill.png', 'COMPLETED']], 'the file has a clean name and is read', files(h, intake))
    page = h.get('/intake/' + intake, ana).text
    ok('bill.png' in page and 'Invoice 2291' in page, 'its page shows the file and its first words')
    told = re.findall('<b>([^<]+)</b><time', page[page.index('id="history"'):])
    ok('Files added' in told and not [t for t in told if '.' in t], 'and its history says in words that files came', told)
    body, head = multipart({**said, 'field.message': 'Another one'}, [('field.your_paper', 'virus.exe', b'MZ\0\0')])
    got = h.request('POST', '/api/v1/f/' + key, None, body, {**head, 'Accept': 'application/json'})
    ok(got.status == 202 and files(h, got.json['id']) == [['virus.exe', 'type']], 'a file that is not taken costs nobody his request', got.text[:200])
    ok('virus.exe' in h.get('/intake/' + got.json['id'], ana).text, 'and the page says so')
    return intake


def by_api(h, key, ana):
    sent = send(h, key, 'bill.txt', '\n'.join(BILL).encode()).json
    got = h.api('POST', '/intake', key, {'subject': 'Papers', 'documents': [sent['id']]})
    ok(got.status == 202 and routed(h, got.json['id'])[0] == 'Billing', 'documents sent before are named by id', got.text)
    ok(h.api('POST', '/intake', key, {'subject': 'Papers', 'documents': ['00000000-0000-7000-8000-000000000000']}).status == 422, 'an id of nobody: 422')
    body, head = multipart({'subject': 'Papers once more'}, [('files', 'again.txt', '\n'.join(BILL + ('again',)).encode())])
    got = h.request('POST', '/api/v1/intake', key, body, {**head, 'Accept': 'application/json', 'Idempotency-Key': 'paper-1'})
    ok(got.status == 202 and routed(h, got.json['id'])[0] == 'Billing', 'or come along as multipart', got.text[:200])
    again = h.request('POST', '/api/v1/intake', key, body, {**head, 'Accept': 'application/json', 'Idempotency-Key': 'paper-1'})
    ok(again.json.get('id') == got.json['id'] and len(files(h, got.json['id'])) == 1, 'sent twice it is one', again.text[:200])
    where = '/intake/' + got.json['id']
    body, head = multipart({'_token': h.get(where, ana).token}, [('files', 'later.txt', b'one more word')])
    ok(h.request('POST', where + '/files', ana, body, head).status == 303 and files(h, got.json['id'])[-1][0] == 'later.txt', 'a colleague adds one')
    return got.json['id']


def by_webhook(h, ana):
    h.form('/channels/webhooks/new', '/channels/webhooks', {'name': 'Hook', 'scheme': 'token', 'secret': 'a-secret-of-twenty-and-more-letters'}, ana)
    key = h.one('select public_key from webhook_sources')
    body = json.dumps({'subject': 'From elsewhere', 'attachments': [{'filename': 'bill.md', 'content': base64.b64encode('\n'.join(BILL + ('hook',)).encode()).decode()},
                                                                      {'name': 'odd', 'content': '%%%'}]})
    got = h.request('POST', '/api/v1/webhooks/' + key, None, body, {'Content-Type': 'application/json', 'X-Webhook-Token': 'a-secret-of-twenty-and-more-letters'})
    ok(got.status == 202 and routed(h, got.json['id'])[0] == 'Billing' and [f[0] for f in files(h, got.json['id'])] == ['bill.md'], 'a webhook brings its attachments', got.text)


def by_mail(h, ana, pdf):
    h.form('/channels/mail/new', '/channels/mail', {'name': 'Desk', 'address': 'desk@quay.example', 'active': 'on'}, ana)
    mail = ('From: Kim <kim@mill.example>\nTo: desk@quay.example\nSubject: Papers\nMessage-ID: <1@mill.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'
            '--b\nContent-Type: text/plain\n\nSee the papers.\n--b\nContent-Type: application/pdf; name="bill.pdf"\nContent-Transfer-Encoding: base64\n\n'
            + base64.encodebytes(pdf).decode() + '--b\nContent-Type: application/zip; name="x.zip"\nContent-Transfer-Encoding: base64\n\nUEsDBAAA\n--b--\n')
    done = subprocess.run([h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'mail', 'receive', '--to', 'desk@quay.example'], input=mail.encode(),
                          capture_output=True, env=h.env)
    ok(done.returncode == 0, 'a mail with papers is taken', done.stderr)
    h.wait(lambda: h.one("select intake_id from mail_raw"), 'the mail to be read', 20)
    intake = h.one('select intake_id from mail_raw')
    ok(routed(h, intake)[0] == 'Billing', 'its PDF decides')
    ok(files(h, intake) == [['bill.pdf', 'COMPLETED'], ['x.zip', 'type']], 'both files are shown', files(h, intake))
    ok(h.one("select hash = encode(sha256(pg_read_binary_file('%s/files/' || org_id || '/' || hash)), 'hex') from documents where name = 'bill.pdf'" % (h.prefix / 'data')) == 't',
       'kept byte for byte')


def not_for_ever(h, key):
    h.stop_one('worker')
    sent = send(h, key, 'slow.txt', b'a file that nobody reads').json
    got = h.api('POST', '/intake', key, {'subject': 'Refund of a payment', 'body': 'The invoice was charged twice.', 'documents': [sent['id']]}).json['id']
    h.sql("update documents set status = 'READING' where id = '%s'; delete from jobs where kind like 'document.%%'" % sent['id'])
    ok(h.one("select count(*) from jobs where payload ->> 'intake_id' = '%s' and run_at > now() + interval '2 minutes'" % got) == '1', 'the end of waiting is a job')
    h.start_program('worker')
    h.wait(lambda: h.one("select count(*) from jobs where payload ->> 'intake_id' = '%s' and run_at < now()" % got) == '0', 'the first look')
    ok(h.one("select status from intake_requests where id = '%s'" % got) == 'NEW', 'it waits')
    h.sql("update intake_requests set created_at = now() - interval '4 minutes' where id = '{0}'; update jobs set run_at = now() where payload ->> 'intake_id' = '{0}'".format(got))
    h.batch()
    ok(routed(h, got)[0] == 'Billing', 'and is decided without the file when the time is over')


with House.temporary() as h:
    h.org('aa', 'House aa', '--with-pipelines')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator')
    scan = drawn('bill.png', [BILL], '-sDEVICE=pnggray', '-r200')
    by_form(h, ana, scan)
    by_api(h, key, ana)
    by_webhook(h, ana)
    by_mail(h, ana, drawn('bill.pdf', [BILL + ('by mail',)], '-sDEVICE=pdfwrite'))
    not_for_ever(h, key)
done()
