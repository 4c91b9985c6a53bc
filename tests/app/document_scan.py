"""The virus scan of documents, by clamd's protocol over a unix socket and TCP: clean, infected, refused, away, none; released and asked again. Prints TAP."""
import os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'stub', 'app')]
from clamd import EICAR, Clamd  # noqa: E402
from document_lib import ON_ITS_WAY, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def ended(h, key, sent):
    h.wait(lambda: h.api('GET', '/documents/' + sent.json['id'], key).json['document']['status'] not in ON_ITS_WAY, 'the document to end', 30)
    return h.api('GET', '/documents/' + sent.json['id'], key).json['document']


def answers(h, key, ana, stub):
    got = ended(h, key, send(h, key, 'fine.txt', b'all is well ' * 20000))
    ok((got['status'], got['scan']) == ('COMPLETED', 'clean'), 'what the scanner finds clean is read', got)
    got = ended(h, key, send(h, key, 'bad.txt', EICAR.encode()))
    ok((got['status'], got['reason'], got['finding']) == ('REJECTED', 'infected', 'Eicar-Test-Signature'), 'EICAR is refused by its name', got)
    where = '/documents/' + got['id']
    ok(h.get(where + '/file', ana).status == 404 and not h.api('GET', where, key).json['sheet'], 'neither handed out nor read')
    ok('found Eicar-Test-Signature' in h.get(where, ana).text, 'its page says so')
    ok(h.one("select detail->>'finding' from notifications where kind = 'document_infected' and subject_id = '%s' limit 1" % got['id']) == 'Eicar-Test-Signature', 'and people are told')
    ok(h.api('POST', where + '/release', key).status == 404, 'what is infected is not released')
    stub.mode = 'early'
    got = ended(h, key, send(h, key, 'long.txt', b'much of it ' * 30000))
    ok((got['status'], got['reason']) == ('QUARANTINED', 'scan_refused'), 'what the scanner did not see whole is no pass', got)
    stub.mode = 'error'
    got = ended(h, key, send(h, key, 'error.txt', b'an error of the scanner'))
    ok((got['status'], got['reason']) == ('QUARANTINED', 'scan_refused'), 'nor is an error of the scanner', got)
    stub.mode = 'mute'
    got = ended(h, key, send(h, key, 'mute.txt', b'no answer at all'))
    ok((got['status'], got['reason']) == ('QUARANTINED', 'scanner_away'), 'nor silence', got)
    return '/documents/' + got['id']


def again(h, key, ana, where, stub):
    ok(h.get(where + '/file', ana).status == 404 and 'did not answer' in h.get(where, ana).text, 'in quarantine it is not handed out, and the page says why')
    stub.mode = 'ok'
    ok(h.form(where, where + '/rescan', {}, ana).status == 303 and ended(h, key, Sent(where))['scan'] == 'clean', 'asked again it is clean')
    ok(h.get(where + '/file', ana).body == b'no answer at all', 'and handed out')
    stub.mode = 'away'
    sent = send(h, key, 'later.txt', b'while the scanner was away')
    ok(ended(h, key, sent)['reason'] == 'scanner_away', 'a scanner that is away')
    stub.mode = 'ok'
    h.sql("update documents set updated_at = now() - interval '1 hour' where id = '%s'" % sent.json['id'])
    h.batch('run', 'document-rescan')
    h.wait(lambda: h.one("select status from documents where id = '%s'" % sent.json['id']) == 'COMPLETED', 'the sweep to offer it again')
    ok(h.one("select scan from documents where id = '%s'" % sent.json['id']) == 'clean', 'is asked again by the clock')


class Sent:
    """An answer that names a document, for ended()."""

    def __init__(self, where):
        self.json = {'id': where.rsplit('/', 1)[1]}


def by_tcp(h, key):
    with_tcp = Clamd()
    h.extra['CLAMD_SOCKET'] = with_tcp.address
    h.write_conf()
    h.restart('worker')
    got = ended(h, key, send(h, key, 'tcp.txt', b'by tcp'))
    ok((got['scan'], with_tcp.scanned) == ('clean', 1), 'the same over TCP', got)
    with_tcp.close()


def without(h, key, pm, ana):
    h.extra['CLAMD_SOCKET'] = ''
    h.write_conf()
    h.restart('web')
    h.restart('worker')
    sent = send(h, key, 'none.txt', b'no scanner at all')
    where = '/documents/' + sent.json['id']
    ok(sent.json['status'] == 'QUARANTINED' and h.get(where + '/file', ana).status == 404, 'without a scanner a file waits', sent.text)
    ok(h.api('POST', where + '/rescan', pm).status == 200 and ended(h, key, sent)['reason'] == 'no_scanner', 'asking nobody changes nothing')
    ok(h.api('POST', where + '/release', pm).status == 403, 'who may upload may not release')
    ok(h.api('POST', where + '/release', key).status == 200 and ended(h, key, sent)['status'] == 'COMPLETED', 'who may, may')
    ok(h.api('POST', where + '/release', key).status == 200, 'who comes second is led to it')
    ok(h.one("select count(*) from audit_log where action = 'document.release'") == '1', 'and the audit knows')
    ok(ended(h, key, sent)['scan'] == 'off', 'it stays named as not scanned')
    h.sql("update documents set status = 'READING' where id = '%s'" % sent.json['id'])
    ok([h.api('POST', where + act, key).status for act in ('/again', '/rescan')] == [200, 200] and h.one("select count(*) from audit_log where action = 'document.again'") == '0',
       'nor is a document that is being read asked for twice')


with House.temporary() as h:
    stub = Clamd(str(h.run / 'clamd.sock'))
    h.extra['CLAMD_SOCKET'] = stub.address
    h.write_conf()
    h.restart('web')
    h.restart('worker')
    h.org('aa', 'House aa')
    ana, key, pm = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator'), h.key('aa', 'pm')
    where = answers(h, key, ana, stub)
    again(h, key, ana, where, stub)
    by_tcp(h, key)
    without(h, key, pm, ana)
    stub.close()
done()
