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
    ok('<mark>Second page about marmalade' in page, 'and marked in the text')
    words = h.api('GET', where, key).json['words']
    ok([w['text'] for w in words if w['lit']] == ['Second', 'page', 'about', 'marmalade'], 'the same for programs', words)
    ok(not lit(h.get('/documents/%s?page=2' % letter, ana).text), 'nothing is lit unasked')
    ok(h.get('/documents/%s?from=x&to=9' % letter, ana).status == 422, 'what is no number is refused')
    ok(not lit(h.get('/documents/%s?from=900&to=100' % letter, ana).text), 'a passage that ends before it begins lights nothing')


def inside(h, ana, letter):
    page = h.get('/documents/%s?find=marm' % letter, ana).text
    ok('stands on 1 page' in page and re.search(r'href="/documents/[^"]*page=2[^"]*find=marm#lit"[^>]*>Next page with it', page), 'the page that holds a word is named', page[-3000:])
    ok(len(lit(h.get('/documents/%s?page=2&find=marm' % letter, ana).text)) == 1, 'where the word is lit')
    ok('stands on 0 pages' in h.get('/documents/%s?find=%s' % (letter, '%3Cb%3Ewombat'), ana).text, 'a word that is nowhere')
    ok('data-key="n"' in page and 'data-key="f"' in page, 'keys lead on')


with House.temporary() as h:
    h.org('aa', 'House aa')
    ana, key = h.person('ana@aa.example', org='aa'), h.key('aa', 'operator')
    letter = sent(h, key, 'letter.pdf', drawn('letter.pdf', [LINES, ('Second page about marmalade',)], '-sDEVICE=pdfwrite'))
    light(h, ana, key, letter)
    inside(h, ana, letter)
done()
