"""Search: words, beginnings, numbers, accents, people, pages, other tenants, and how long it takes at 5,000 requests. Prints TAP."""
import os, sys, urllib.parse

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402

count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, '-', name, flush=True)
    return good

def find(h, who, words, **more):
    return h.api('GET', '/search?' + urllib.parse.urlencode({'q': words, **more}), who).json


def subjects(h, who, words):
    return [r['subject'] for r in find(h, who, words)['requests']]


def swept(h, n):
    """The sweep leaves five seconds to transactions still open."""
    h.wait(lambda: h.sql('set role fl_sweep; select sweep_search()') and int(h.one('select count(*) from search_entries')) >= n, 'the sweep')


def words(h, key):
    for subject, body, name, email in (('Invoice 2291 charged twice', 'Our card statement shows it on the 17th.', 'Bakery owner', 'owner@bakery.example'),
                                       ('Canción del verano', 'Necesito la factura de mañana', 'José Peña', 'jose@radio.example'),
                                       ('Quote for a <b>website</b>', 'Six pages, please & soon', 'Tom', 'tom@x.example')):
        last = h.api('POST', '/intake', key, {'subject': subject, 'body': body, 'name': name, 'email': email}).json
    ok(subjects(h, key, 'invoice') == ['Invoice 2291 charged twice'], 'a request is found at once, before any sweep')
    h.sql("select fl_work((select id from organizations where slug = 'demo'), null, null, ''); select contact_for('José Peña', 'jose@radio.example', null)")
    swept(h, 4)
    ok(h.one('select count(*) from search_entries') == '4', 'the sweep indexes requests and contacts')
    ok(subjects(h, key, 'invoice') == ['Invoice 2291 charged twice'], 'a word of the subject')
    ok(subjects(h, key, 'statement twi') == ['Invoice 2291 charged twice'], 'words of subject and text together, the last one only begun')
    ok(subjects(h, key, 'statement wombat') == [], 'all words have to be there')
    ok(subjects(h, key, 'REQ-%d' % last['number']) == ['Quote for a <b>website</b>'], 'a number')
    ok(subjects(h, key, 'bakery') == ['Invoice 2291 charged twice'], 'the requester')
    ok(subjects(h, key, 'owner@bakery.example') == ['Invoice 2291 charged twice'], 'an address')
    ok(subjects(h, key, 'cancion manana') == ['Canción del verano'] and subjects(h, key, 'CANCIÓN') == ['Canción del verano'], 'with and without accents')
    found = find(h, key, 'pena')
    ok([c['name'] for c in found['contacts']] == ['José Peña'] and found['contacts'][0]['name_marks'] == ['Peña'], 'people, the word found is marked')
    ok([p['name'] for p in find(h, key, 'refunds')['pipelines']] == ['Billing'], 'pipelines by their description')
    for odd in ("'", '"', "a' | b:*", '!!', '& | !', '\\', ':*', '%', 'x' * 200):
        if not ok(h.api('GET', '/search?' + urllib.parse.urlencode({'q': odd}), key).status == 200, 'odd question %r' % odd[:12]):
            break


def cut(h, key):
    text = 'At first ' + 'we wrote about the weather and the harbour. ' * 6 + 'The crane dropped a pallet of walnuts. ' + 'Nobody was hurt by it at all. ' * 6
    h.api('POST', '/intake', key, {'subject': 'Accident at the quay', 'body': text, 'email': 'c@d.example'})
    shown = find(h, key, 'pallet')['requests'][0]['excerpt']
    ok(shown.startswith('\u2026 ') and shown.endswith(' \u2026') and 'pallet' in shown, 'what is shown of a long text says where it was cut')
    shown = find(h, key, 'website')['requests'][0]['excerpt']
    ok('\u2026' not in shown and shown, 'of a short one nothing was')


def html(h, ana):
    page = h.get('/search?q=soon+web', ana).text
    ok('&lt;b&gt;<mark>website</mark>&lt;/b&gt;' in page and '<mark>soon</mark>' in page and '<b>website' not in page, 'the words found are marked, the text is escaped')
    ok(h.get('/search', ana).status == 200 and 'REQ-1042' in h.get('/search', ana).text, 'without a question: what can be asked')


def many(h, key):
    h.sql("insert into intake_requests (org_id, channel, subject, body) select (select id from organizations where slug = 'demo'), 'api', 'Invoice ' || n || ' was charged', "
          "'Our card statement shows the same amount twice. Please return the second one. ' || md5(n::text) from generate_series(1, 5000) n")
    swept(h, 5005)
    h.sql('vacuum analyze')
    first = find(h, key, 'invoice charged', limit=10)
    second = h.request('GET', first['next'], key, headers={'Accept': 'application/json'}).json
    ok(len(first['requests']) == len(second['requests']) == 10 and not {r['id'] for r in first['requests']} & {r['id'] for r in second['requests']}, 'paged by key')


with House.temporary(programs=('web',)) as house:
    house.org('demo', 'Quayside Studio', '--with-pipelines')
    house.org('other', 'Other')
    owner, operator = house.person('ana@quayside.example', org='demo', role='owner'), house.key('demo')
    words(house, operator)
    cut(house, operator)
    html(house, owner)
    many(house, operator)
    theirs = find(house, house.key('other'), 'invoice')
    ok(theirs['requests'] == [] and theirs['contacts'] == [] and theirs['pipelines'] == [], 'another tenant finds nothing of it')
print('1..%d' % count)
sys.exit(failed > 0)
