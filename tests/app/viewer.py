"""The viewer of documents at the door: a passage and searched words lit on the page, ways between pages. Prints TAP."""
import os, re, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import LINES, drawn, send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402


def sent(h, key, name, data):
    """Its id once it is cut into passages."""
    made = send(h, key, name, data).json['id']
    h.wait(lambda: h.one("select chunked_at is not null from documents where id = '%s'" % made) == 't', name + ' to be cut', 60)
    return made


def lit(page):
    """The boxes lit in a page of HTML, as (x, y)."""
    return [(int(x), int(y)) for x, y in re.findall(r'<rect class="lit"[^>]* x="(\d+)" y="(\d+)"', page)]


def light(h, ana, key, letter):
    hit = h.api('GET', '/search?q=marmalade', key).json['passages'][0]
    where = '/documents/%s?page=%d&from=%d&to=%d' % (letter, hit['page'], hit['from_char'], hit['to_char'])
    page = h.get(where, ana).text
    ok(len(lit(page)) == 4 and page.count('id="lit"') == 1, 'a passage is lit, word by word, and is where the link leads', lit(page))
    ok('<mark>Second page about marmalade' in h.get(where + '&tab=text', ana).text, 'and marked in the text')
    words = h.api('GET', where, key).json['words']
    ok([w['text'] for w in words if w['lit']] == ['Second', 'page', 'about', 'marmalade'], 'the same for programs', words)
    ok(not lit(h.get('/documents/%s?page=2' % letter, ana).text), 'nothing is lit unasked')
    ok(h.get('/documents/%s?from=x&to=9' % letter, ana).status == 422, 'what is no number is refused')
    ok(not lit(h.get('/documents/%s?from=900&to=100' % letter, ana).text), 'a passage that ends before it begins lights nothing')


def inside(h, ana, letter):
    page = h.get('/documents/%s?page=1&find=marm' % letter, ana).text
    ok('stands on 1 page' in page and re.search(r'href="/documents/[^"]*page=2[^"]*find=marm#lit"[^>]*>Next page with it', page), 'the page that holds a word is named', page[-3000:])
    found = h.get('/documents/%s?find=marm' % letter, ana).text
    ok(len(lit(found)) == 1 and '/image?page=2"' in found and re.search(r'aria-current="page"[^>]*page=2', found), 'a search opens the first page that holds the word, where it is lit', found[-3000:])
    ok('/image?page=1"' in h.get('/documents/%s' % letter, ana).text and '/image?page=1"' in h.get('/documents/%s?find=wombat' % letter, ana).text, 'without a hit it is the first page')
    ok('stands on 0 pages' in h.get('/documents/%s?find=%s' % (letter, '%3Cb%3Ewombat'), ana).text, 'a word that is nowhere')
    ok('data-key="n"' in page and 'data-key="f"' in page, 'keys lead on')


def shown_so(h, ana, letter):
    """How a page is shown is a matter of its address."""
    plain = h.get('/documents/' + letter, ana).text
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"><g>', plain)
    ok(box and 'value="tint" checked' in plain and 'value="words" checked' not in plain and 'value="width" selected' in plain, 'a page stands upright, fitted, doubtful words tinted')
    w, t = box.groups()
    page = h.get('/documents/%s?page=1&see=on&see=words&see=height&see=r90' % letter, ana).text
    ok('viewBox="0 0 %s %s"><g transform="rotate(90) translate(0 -%s)">' % (t, w, t) in page, 'turned it lies on its side', re.findall(r'viewBox.{60}', page))
    ok('value="words" checked' in page and 'value="tint" checked' not in page and 'value="height" selected' in page, 'with what the address says')
    ok('page=2&amp;see=height&amp;see=on&amp;see=words&amp;see=r90"' in page, 'and so does the next page', re.findall(r'page=2[^"]*', page))
    ok('see=words&amp;see=r180"' in page, 'one quarter further is a link')
    ok(h.get('/documents/%s?see=%%3Cscript%%3E&see=r45' % letter, ana).text.count('<script>') == plain.count('<script>'), 'what is no way to show it is passed over')


def beside(h, ana, key, letter):
    """Documents beside each other, newest first."""
    other = sent(h, key, 'other.txt', b'Another paper.')
    page, next_page = h.get('/documents/' + letter, ana).text, h.get('/documents/' + other, ana).text
    ok('rel="prev" href="/documents/%s"' % other in page and 'data-key="Ctrl+ArrowLeft"' in page, 'the newer document is a step to the left')
    ok('rel="next" href="/documents/%s"' % letter in next_page and 'rel="prev"' not in next_page, 'the older one to the right; nothing is newer than the newest')


def correct(h, ana, key, letter, eve, vic):
    ask = lambda: h.api('GET', '/documents/%s?page=2' % letter, key).json
    word = next(w for w in ask()['words'] if w['text'] == 'marmalade')
    page = h.get('/documents/%s?page=2&word=%d' % (letter, word['n']), ana).text
    ok('name="old" value="marmalade"' in page, 'a word opens its form')
    body = {'page': 2, 'word': word['n'], 'old': 'marmalade', 'text': 'quince jam'}
    at = '/documents/%s/correct' % letter
    before = h.one("select chunked_at from documents where id = '%s'" % letter)
    ok(h.form('/documents/' + letter, at, body, ana).status == 303, 'and is put right')
    got = ask()
    new = got['words'][word['n'] - 1]
    ok(new['text'] == 'quince jam' and (new['x'], new['y'], new['w']) == (word['x'], word['y'], word['w']) and new['sure'] == 100, 'its box stays', new)
    ok('quince jam' in got['sheet'][0]['body'] and 'marmalade' not in got['sheet'][0]['body'], 'the text has it')
    ok([(x['old_text'], x['new_text']) for x in got['history']] == [('marmalade', 'quince jam')], 'the history has both', got['history'])
    h.wait(lambda: h.one("select chunked_at from documents where id = '%s'" % letter) != before, 'the passages to be made anew', 60)
    ok(h.api('GET', '/search?q=quince', key).json['passages'] and h.api('GET', '/documents?q=quince', key).json['hits'], 'it is found by the new word')
    ok(not h.api('GET', '/search?q=marmalade', key).json['passages'], 'and not by the old one')
    ok(h.api('POST', at, key, body).status == 409, 'a word that changed meanwhile is not changed again')
    ok(h.api('POST', at, key, {**body, 'word': 9999}).status == 404 and h.api('POST', at, key, {**body, 'text': ' '}).status == 422, 'a word that is not there, or no word')
    ok([h.api('POST', at, who, body).status for who in (eve, vic)] == [404, 403], 'not from another organisation, nor without the right')


def tabs(h, ana, key, letter):
    at = '/documents/' + letter
    shown = {tab: h.get(at + '?page=2&tab=' + tab, ana).text for tab in ('details', 'text', 'history', 'notes', 'versions', 'permissions')}
    ok(all('tab=%s" aria-current="page"' % tab in page for tab, page in shown.items() if tab != 'details'), 'each view of a document has an address')
    ok(all('/image?page=2"' in page for page in shown.values()), 'and shows the page beside it')
    ok('<ins>quince jam</ins>' in shown['history'] and 'quince jam and' not in shown['history'], 'history has what was put right')
    ok('quince jam' in shown['text'] and 'id="cut"' in shown['text'] and 'No notes on this page' in shown['notes'] and 'This is the only one' in shown['versions'], 'text, notes and versions')
    ok(h.get(at + '?tab=other', ana).status == 422, 'there is no other')
    ok('page=1&amp;tab=notes"' in re.sub('&amp;see=[a-z0-9]*', '', shown['notes'].replace('&tab', '&amp;tab')), 'a view goes along to other pages', re.findall(r'page=1[^"]*', shown['notes']))
    word = next(w for w in h.api('GET', at + '?page=2', key).json['words'] if w['text'] == 'quince jam')
    page = h.get(at + '?page=2&word=%d' % word['n'], ana).text
    ok('class="lit" x="%d" y="%d"' % (word['x'], word['y']) in page and 'Use in a field' in page and 'tab=notes&amp;word=' in page, 'a word is lit, put right, used in a field or given a note')


def readers(h, ana, key, letter):
    """DOC-16: who sees a document, each as he is narrowed."""
    for name, role in (('olaf', 'operator'), ('nina', 'member'), ('carl', 'client')):
        h.person(name + '@aa.example', org='aa', role=role)
    h.sql("insert into scope_grants (org_id, user_id, scope) select org_id, user_id, 'pipeline.' || fl_uuid() from memberships where email = 'nina@aa.example'")
    told = lambda: {r['email'].split('@')[0]: (r['narrowed'], r['may_change'], r['may_delete']) for r in h.api('GET', '/documents/%s?tab=permissions' % letter, key).json['readers']}
    ok(told() == {'ana': (False, True, True), 'olaf': (False, True, True)}, 'those who see it and what they may do', told())
    h.sql("update documents set uploaded_by = (select user_id from memberships where email = 'nina@aa.example') where id = '%s'" % letter)
    ok(told().get('nina') == (True, True, False), 'who is narrowed sees what is hers', told())
    ok('Olaf' in h.get('/documents/%s?tab=permissions' % letter, ana).text and not h.api('GET', '/documents/' + letter, key).json['readers'], 'on its own tab alone')
    ok(h.get('/documents/%s?tab=permissions' % letter, h.sign_in('olaf@aa.example')).status == 200, 'and the asker stays who he is')


def cut(h, ana, key, letter):
    """RAG-02, X-16: how a document is cut, and those that come."""
    rules = lambda who: (lambda d: (d['chunk_preset'], d['chunk_strategy']))(h.api('GET', '/documents/' + who, key).json['document'])
    ok(rules(letter) == ('document', 'fixed'), 'by characters unless told otherwise')
    text = ('The first matter is long. ' * 60 + '\n\n' + 'Another matter altogether: boats. ' * 60).encode()
    before = sent(h, key, 'long.txt', text)
    count = lambda who: h.api('GET', '/documents/' + who, key).json['document']['passages']
    was = count(before)
    ok(h.form('/documents/%s?tab=text' % before, '/documents/%s/cut' % before, {'preset': 'knowledge', 'strategy': 'paragraph'}, ana).status == 303 and rules(before) == ('knowledge', 'paragraph'), 'one is cut otherwise')
    h.wait(lambda: count(before) < was, 'longer passages, so fewer', 60)
    ok(h.form('/settings/chat', '/settings/chat', {'general': 'on', 'preset': 'knowledge', 'strategy': 'semantic'}, ana).status == 303, 'the organisation decides for those that come')
    ok(rules(sent(h, key, 'later.txt', b'It came later.')) == ('knowledge', 'semantic') and rules(letter) == ('document', 'fixed'), 'and those that are there stay')
    ok(h.api('POST', '/documents/%s/cut' % letter, key, {'preset': 'x', 'strategy': 'fixed'}).status == 422, 'there is no other way')


def states(h, key, letter):
    """X-26: COMPLETED only when searchable."""
    at = lambda: h.api('GET', '/documents/' + letter, key).json['document']['status']
    listed = lambda state: letter in [d['id'] for d in h.api('GET', '/documents?status=' + state, key).json['items']]
    h.drained(60)
    for state, change in (('COMPLETED', 'embedded_at = now()'), ('EMBEDDING', 'embedded_at = null'), ('EXTRACTED', 'chunked_at = null'), ('PROCESSING', "status = 'READING'"), ('QUEUED', "status = 'QUEUED', scan = 'off'"),
                          ('SCANNING', "scan = 'none'"), ('QUARANTINED', "status = 'QUARANTINED'"), ('REJECTED', "status = 'INFECTED'"), ('FAILED', "status = 'FAILED'")):
        h.sql("update documents set %s where id = '%s'" % (change, letter))
        ok(at() == state and listed(state) and not listed('STORED'), 'the state %s is told and filtered by' % state, at())


def quality(h, ana, key):
    scan = sent(h, key, 'scan.png', drawn('scan.png', [LINES], '-sDEVICE=pnggray', '-r150'))
    words = h.api('GET', '/documents/' + scan, key).json['words']
    word = next(w for w in words if w['text'].startswith('bakery'))
    ok('No page was gone over' in h.get('/documents/quality', ana).text, 'before anybody looked nothing is said of quality')
    for old, new in ((word['text'], 'Backery'), ('Backery', 'bakers')):
        done_ = h.api('POST', '/documents/%s/correct' % scan, key, {'page': 1, 'word': word['n'], 'old': old, 'text': new})
        ok(done_.status in (200, 201), 'a scan is put right', done_.text)
    ok(h.form('/documents/' + scan, '/documents/%s/check' % scan, {'page': 1}, ana).status == 303, 'and called right')
    row = h.api('GET', '/documents/quality', key).json['items'][0]
    chars = len(re.sub(r'\s', '', h.api('GET', '/documents/' + scan, key).json['sheet'][0]['body']))
    ok((row['pages'], row['characters'], row['wrong']) == (1, chars, 1) and abs(row['share'] - 1 / chars) < 1e-9, 'characters read wrong of those that stand there', (row, chars))


with House.temporary() as h:
    h.org('bb', 'House bb')
    h.org('aa', 'House aa')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator')
    letter = sent(h, key, 'letter.pdf', drawn('letter.pdf', [LINES, ('Second page about marmalade',)], '-sDEVICE=pdfwrite'))
    light(h, ana, key, letter)
    inside(h, ana, letter)
    shown_so(h, ana, letter)
    beside(h, ana, key, letter)
    correct(h, ana, key, letter, h.key('bb', 'operator'), h.key('aa', 'viewer'))
    quality(h, ana, key)
    tabs(h, ana, key, letter)
    readers(h, ana, key, letter)
    cut(h, ana, key, letter)
    states(h, key, letter)
done()
