"""Text messages against a gateway in Twilio's wire format: sent once also when an answer is lost, refusals, reports, STOP and START, signatures. Prints TAP."""
import base64, hashlib, hmac, os, sys, urllib.parse

TOP = os.environ['top_srcdir']
sys.path.insert(0, os.path.join(TOP, 'tests', 'lib'))
from house import House  # noqa: E402
from smsstub import ACCOUNT, LINE, TOKEN, SmsStub  # noqa: E402
from tap import done, ok  # noqa: E402


def send(h, to, body):
    """A job as any other capability would make it; answers the row's id once its fate is known."""
    job = h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'aa'), false); "
                "select fl_enqueue('sms', 'sms.send', jsonb_build_object('to', '%s', 'body', '%s'))" % (to, body))[-1][-1]
    h.wait(lambda: h.hurry('sms.send') or h.one("select 1 from job_history where id = '%s'" % job), 'the message to %s' % to, 40)
    return job


def state(h, sms):
    return h.one("select state from sms_messages where id = '%s'" % sms)


def hook(h, path, form, token=TOKEN):
    text = h.url(path) + ''.join(k + form[k] for k in sorted(form))
    mac = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return h.request('POST', path, None, urllib.parse.urlencode(form), {'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': mac})


def out(h, stub):
    first = send(h, '+34600111222', 'Your table is ready.')
    ok(state(h, first) == 'sent' and stub.ledger() == [('+34600111222', 'Your table is ready.')], 'a message goes out', stub.ledger())
    ok(stub.call('/_ledger')[0]['from'] == LINE and stub.call('/_ledger')[0]['status_callback'] == h.url('/webhooks/sms/status'), 'from our number, asking for reports')
    long = '\U0001f600' * 1600
    send(h, '+34600111222', long)
    ok(stub.ledger()[-1] == ('+34600111222', long) and stub.call('/_ledger')[-1]['status_callback'], '1,600 characters of four bytes go out whole', len(stub.ledger()[-1][1]))
    stub.script('cut', 'ok')
    again = send(h, '+34600111333', 'Only once.')
    ok(state(h, again) == 'sent' and [m for m in stub.ledger() if m[1] == 'Only once.'] == [('+34600111333', 'Only once.')], 'an answer that is lost: asked about, not sent twice', state(h, again), stub.ledger(), h.sql("select state, provider_id, error from sms_messages"))
    stub.script('503', 'html', '429', 'ok')
    late = send(h, '+34600111333', 'Patience.')
    ok(state(h, late) == 'sent' and len([m for m in stub.ledger() if m[1] == 'Patience.']) == 1, 'put off three times, then sent once')
    stub.script('400', 'ok')
    bad = send(h, '+34600111444', 'Nobody there.')
    ok(state(h, bad) == 'failed', 'refused for good is failed')
    stub.script('21610', 'ok')
    gone = send(h, '+34600111555', 'They said stop.')
    ok(state(h, gone) == 'stopped' and h.one("select count(*) from sms_stops where peer = '+34600111555'") == '1', 'the gateway knows of a STOP: so do we now')
    odd = send(h, '0034 600', 'x')
    ok(h.one("select state from job_history where id = '%s'" % odd) == 'dead', 'a number that is none dies with a reason')
    return first, bad


def reports(h, first):
    sid = h.one("select provider_id from sms_messages where id = '%s'" % first)
    form = {'MessageSid': sid, 'MessageStatus': 'delivered', 'To': '+34600111222', 'From': LINE, 'ErrorCode': ''}
    ok(hook(h, '/webhooks/sms/status', form, 'another token').status == 401 and state(h, first) == 'sent', 'a report without the right signature is refused')
    ok(hook(h, '/webhooks/sms/status', form).status == 200 and state(h, first) == 'delivered', 'a report of delivery is kept')
    hook(h, '/webhooks/sms/status', {**form, 'MessageStatus': 'sent'})
    ok(state(h, first) == 'delivered', 'one that comes late changes nothing')


def incoming(h, stub, ana):
    text = {'MessageSid': 'SMin1', 'To': LINE, 'From': '+34600111222', 'Body': 'Schedule a meeting tomorrow at 2pm, ¿vale?'}
    ok(hook(h, '/webhooks/sms', text, 'another token').status == 401, 'a message in without the right signature is refused')
    ok(hook(h, '/webhooks/sms', text).status == 200, 'a message comes in')
    ok(h.one("select channel || ' ' || requester_phone from intake_requests") == 'sms +34600111222', 'and is a request')
    hook(h, '/webhooks/sms', text)
    hook(h, '/webhooks/sms', {**text, 'MessageSid': 'SMin2', 'Body': 'Or at 3.'})
    ok(h.one('select count(*) from intake_requests') == '1' and h.one("select body from intake_messages where direction = 'in'") == 'Or at 3.',
       'the same message twice is once; the next is a word in the conversation')
    hook(h, '/webhooks/sms', {**text, 'MessageSid': 'SMin3', 'Body': 'Stop.'})
    stopped = send(h, '+34600111222', 'Hello?')
    ok(state(h, stopped) == 'stopped' and ('+34600111222', 'Hello?') not in stub.ledger(), 'after STOP nothing is sent')
    hook(h, '/webhooks/sms', {**text, 'MessageSid': 'SMin4', 'Body': 'START'})
    ok(state(h, send(h, '+34600111222', 'Welcome back.')) == 'sent', 'after START it is')
    ok(h.one('select count(*) from intake_requests') == '1', 'neither word is a request')
    page = h.get('/channels/sms', ana)
    ok(page.status == 200 and 'Delivered' in page.text and 'Not sent: the number said STOP' in page.text, 'the page shows what became of each')


stub = SmsStub()
try:
    with House.temporary(conf={'TWILIO_ACCOUNT_SID': ACCOUNT, 'TWILIO_AUTH_TOKEN': TOKEN, 'TWILIO_BASE_URL': 'http://127.0.0.1:%d' % stub.port, 'TWILIO_FROM': LINE,
                               'OUTSIDE_ALLOW': '127.0.0.1:%d' % stub.port}) as h:
        h.org('aa', 'House aa', '--with-pipelines')
        ana = h.person('ana@aa.example', org='aa')
        first, bad = out(h, stub)
        reports(h, first)
        incoming(h, stub, ana)
        stub.script('ok')
        answer = h.form('/channels/sms', '/channels/sms/send', {'id': bad}, ana)
        h.wait(lambda: state(h, bad) == 'sent', 'the failed message', 20)
        ok(answer.status == 303, 'a failed message is sent again by a person')
finally:
    stub.close()
done()
