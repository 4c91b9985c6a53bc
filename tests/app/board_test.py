"""Boards and pipelines (PIP-01 to 07): moves, stale versions, limits in words, other tenants, roles, many at once. Prints TAP."""
import concurrent.futures, os, re, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House  # noqa: E402

count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print('ok' if good else 'not ok', count, '-', name, flush=True)
    return good


def cards_of(h, board, who):
    """stage name -> numbers, in order, and number -> version"""
    stages = h.api('GET', '/boards/' + board, who).json['stages']
    return {s['name']: [c['number'] for c in s['cards']] for s in stages}, {c['number']: c['version'] for s in stages for c in s['cards']}


def add_cards(h, slug, pipeline, n):
    h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = '%s'), false); "
          "do $$ begin for g in 1..%d loop perform item_add((select id from pipelines where org_id = fl_org() and name = '%s'), null, null, 'Card ' || g, 5, g %% 2 = 0); "
          "end loop; end $$" % (slug, n, pipeline))


def moves(h, ana, board, stages):
    names = [s['name'] for s in stages]
    lanes, versions = cards_of(h, board, ana)
    first = lanes[names[0]]
    ok(len(first) == 6 and first == sorted(first), 'cards lie in the first stage in the order they came')
    page = h.get('/boards/%s/move?card=%d' % (board, first[0]), ana)
    ok(page.status == 200 and 'class="move"' in page.text and 'autofocus' in page.text, 'the Move form opens in its card')
    answer = h.post('/boards/%s/move' % board, {'card': first[0], 'version': 1, 'stage': stages[1]['id'], 'position': 1, '_token': page.token}, ana)
    ok(answer.status == 303 and 'moved?card=%d' % first[0] in answer.headers['Location'], 'a move leads back to the board')
    shown = h.get(answer.headers['Location'].split('#')[0], ana)
    ok('moved to %s, 1 of 1.' % names[1] in shown.text and 'name="position" value="1"' in shown.text, 'says where the card went and offers to undo it')
    for card in first[1:4]:
        h.api('POST', '/boards/%s/move' % board, ana_key, {'card': str(card), 'stage': stages[1]['id'], 'position': 1})
    ok(cards_of(h, board, ana)[0][names[1]] == [first[3], first[2], first[1], first[0]], 'each new place 1 is the top')
    h.api('POST', '/boards/%s/move' % board, ana_key, {'card': str(first[3]), 'stage': stages[1]['id'], 'position': 3})
    ok(cards_of(h, board, ana)[0][names[1]] == [first[2], first[1], first[3], first[0]], 'a place within its own lane')
    for n in range(60):
        h.api('POST', '/boards/%s/move' % board, ana_key, {'card': str(first[(n % 2) + 1]), 'stage': stages[1]['id'], 'position': 2})
    lane = cards_of(h, board, ana)[0][names[1]]
    ok(sorted(lane) == sorted(first[:4]) and lane[1] == first[2], 'sixty moves between the same neighbours: the lane is numbered anew')
    answer = h.form('/boards/' + board, '/boards/%s/next' % board, {'card': '%d.1' % first[4]}, ana)
    ok(answer.status == 303 and first[4] == cards_of(h, board, ana)[0][names[1]][-1], 'Next stage puts it at the end of the next one')


def worth(h, ana):
    sent = [h.api('POST', '/intake', ana_key, {'subject': 'Offer %d' % n, 'body': 'An offer.', 'email': 'a@b.example'}, {'Idempotency-Key': 'worth%d' % n}).json['id'] for n in range(3)]
    desk = h.one("select id from pipelines where name = 'Billing' and org_id = (select org_id from intake_requests where id = '%s')" % sent[0])
    for ident in sent:
        h.api('POST', '/intake/%s/assign' % ident, ana_key, {'pipeline_id': desk})
    first = h.form('/intake/' + sent[0], '/intake/%s/worth' % sent[0], {'amount': '1250.5', 'currency': 'EUR'}, ana)
    second = h.api('POST', '/intake/%s/worth' % sent[1], ana_key, {'amount': 20})
    third = h.api('POST', '/intake/%s/worth' % sent[2], ana_key, {'amount': 500, 'currency': 'jpy'})
    lane = h.api('GET', '/boards/' + desk, ana_key).json['stages'][0]
    ok([a.status for a in (first, second, third)] == [303, 200, 200] and (lane['worth'], lane['worth_currency'], lane['others']) == (127050, 'EUR', 1),
       'a column adds up what its cards are worth, in one currency')
    shown, page = h.get('/boards/' + desk, ana).text, h.get('/intake/' + sent[0], ana).text
    ok('€1,270.50 + 1 in another currency' in shown and '<span>¥500</span>' in shown and '<dd>€1,250.50</dd>' in page and 'value="1250.5"' in page, 'and says so, as card and request do')
    at = '/intake/' + sent[0]
    wrong, other = h.form(at, at + '/worth', {'amount': '77', 'currency': 'E1'}, ana), h.form(at, at + '/reply', {'text': ''}, ana)
    ok(wrong.status == 422 and 'value="77"' in wrong.text and 'value="E1"' in wrong.text, 'what was typed wrong is kept')
    ok(other.status == 422 and 'value="1250.5"' in other.text and 'value="EUR"' in other.text, 'another form that comes back wrong takes no worth away')
    ok(h.api('POST', '/intake/%s/worth' % sent[0], ana_key, {'amount': 1, 'currency': 'E1'}).status == 422 and h.api('POST', '/intake/%s/worth' % sent[0], ana_key, {}).status == 200
       and h.api('GET', '/boards/' + desk, ana_key).json['stages'][0]['worth'] == 2000, 'without an amount it has no worth')


def stale(h, ana, board, stages):
    lanes, versions = cards_of(h, board, ana)
    card = lanes[stages[1]['name']][0]
    answer = h.api('POST', '/boards/%s/move' % board, ana_key, {'card': str(card), 'version': versions[card] + 7, 'stage': stages[2]['id']})
    ok(answer.status == 409, 'JSON: another version is 409')
    answer = h.form('/boards/' + board, '/boards/%s/move' % board, {'card': card, 'version': versions[card] + 7, 'stage': stages[2]['id'], 'position': 1}, ana)
    ok(answer.status == 409 and 'Move it anyway' in answer.text and stages[1]['name'] in answer.text and stages[2]['name'] in answer.text,
       'HTML: both states are shown and a person is asked')
    ok('name="version" value="%d"' % versions[card] in answer.text, 'moving it anyway carries the version it has now')
    ok(cards_of(h, board, ana)[1] == versions, 'and nothing was changed')
    answer = h.form('/boards/' + board, '/boards/%s/next' % board, {'card': '%d.%d' % (card, versions[card] + 1)}, ana)
    ok(answer.status == 409, 'Next stage of a card that was moved meanwhile is 409 as well')


def at_once(h, board, stages):
    card = cards_of(h, board, ana_key)[0][stages[1]['name']][0]
    before = h.one("select version from pipeline_items where number = %d" % card)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: h.api('POST', '/boards/%s/move' % board, ana_key,
                                                {'card': str(card), 'stage': stages[n % 3]['id'], 'position': 1 + n % 4}).status, range(60)))
    good = answers.count(200)
    ok(good + answers.count(409) + answers.count(503) == 60 and good > 0, 'sixty at once: %d moved, the rest refused' % good)
    ok(int(h.one("select version from pipeline_items where number = %d" % card)) - int(before) == good, 'one version for each move')
    ok(int(h.one("select count(*) from audit_log where action = 'item.move' and subject_id = (select id from pipeline_items where number = %d)" % card)) >= good
       and h.one("select count(*) from (select 1 from pipeline_items where archived_at is null group by org_id, number having count(*) > 1) x") == '0',
       'audited, and the card is in one place')
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        now = cards_of(h, board, ana_key)[1][card]
        answers = list(pool.map(lambda n: h.api('POST', '/boards/%s/move' % board, ana_key,
                                                {'card': str(card), 'version': now, 'stage': stages[n % 3]['id']}).status, range(20)))
    ok(answers.count(200) == 1, 'of twenty that saw the same version one wins')


def limits(h, ana, board, stages):
    h.form('/pipelines/' + board, '/pipelines/%s/stages/%s' % (board, stages[1]['id']), {'name': stages[1]['name'], 'kind': 'open', 'wip_limit': 1}, ana)
    n = len(cards_of(h, board, ana)[0][stages[1]['name']])
    page = h.get('/boards/' + board, ana).text
    ok('%d of 1' % n in page and '%d over limit' % (n - 1) in page, 'a limit is shown in words')
    h.form('/pipelines/' + board, '/pipelines/%s/stages/%s' % (board, stages[1]['id']), {'name': stages[1]['name'], 'kind': 'open', 'collapsed': 'on'}, ana)
    page = h.get('/boards/' + board, ana).text
    ok('lane narrow' in page and '?more=%s' % stages[1]['id'] in page, 'a collapsed lane keeps its count and opens')
    page = h.get('/boards/%s?more=%s' % (board, stages[1]['id']), ana).text
    ok(page.count('<article id="c-') == h.get('/boards/' + board, ana).text.count('<article id="c-') + n, 'opened, it shows its cards')


def editing(h, ana):
    answer = h.api('POST', '/pipelines', ana_key, {'name': 'Returns', 'description': 'Things sent back'})
    ident = answer.json['id']
    ok(answer.status == 201 and len(h.api('GET', '/pipelines/' + ident, ana_key).json['stages']) == 3, 'a new pipeline begins with three stages')
    answer = h.form('/pipelines', '/pipelines', {'name': 'Returns', 'description': 'again'}, ana)
    ok(answer.status == 422 and 'value="Returns"' in answer.text and 'again' in answer.text, 'a name in use: said at the field, what was typed is kept')
    ok(h.api('POST', '/pipelines/%s/stages' % ident, ana_key, {'name': 'Inspect'}).status == 201, 'a stage more is told as something new')
    stages = h.api('GET', '/pipelines/' + ident, ana_key).json['stages']
    again = h.api('POST', '/pipelines/%s/stages' % ident, ana_key, {'name': 'INSPECT'})
    page = h.form('/pipelines/' + ident, '/pipelines/%s/stages/%s' % (ident, stages[-1]['id']), {'name': stages[0]['name'], 'kind': 'open'}, ana)
    ok(again.status == 422 and page.status == 422 and 'has a stage of this name already' in page.text
       and [s['name'] for s in h.api('GET', '/pipelines/' + ident, ana_key).json['stages']] == [s['name'] for s in stages], 'two stages do not share a name')
    ok(h.api('POST', '/pipelines/%s/stages/%s' % (ident, stages[-1]['id']), ana_key, {'name': 'inspect', 'kind': 'open'}).status == 200
       and h.api('POST', '/pipelines/%s/stages/%s' % (ident, stages[-1]['id']), ana_key, {'name': 'Inspect', 'kind': 'open'}).status == 200, 'a stage keeps its own in other letters')
    h.api('POST', '/pipelines/%s/stages/%s' % (ident, stages[3]['id']), ana_key, {'name': 'Inspect', 'kind': 'open', 'position': 1})
    ok([s['name'] for s in h.api('GET', '/pipelines/' + ident, ana_key).json['stages']] == ['Inspect', 'New', 'In progress', 'Done'], 'a stage takes another place')
    add_cards(h, 'demo', 'Returns', 2)
    inspect = stages[3]['id']
    ok(h.api('POST', '/pipelines/%s/stages/%s/remove' % (ident, inspect), ana_key, {}).status == 422, 'a stage with cards stays')
    ok(h.api('POST', '/pipelines/%s/stages/%s/remove' % (ident, inspect), ana_key, {'cards_to': stages[0]['id']}).status == 200
       and len(cards_of(h, ident, ana_key)[0]['New']) == 2, 'unless they go elsewhere')
    version = h.api('GET', '/pipelines/' + ident, ana_key).json['pipeline']['version']
    ok(h.api('POST', '/pipelines/' + ident, ana_key, {'version': version + 1, 'name': 'Returns'}).status == 409, 'a pipeline changed meanwhile is 409')
    ok(h.api('POST', '/pipelines/' + ident, ana_key, {'version': version, 'name': 'Returns', 'archived': True}).status == 200
       and all(b['name'] != 'Returns' for b in h.api('GET', '/boards', ana_key).json['boards']), 'put away, it is no board any more')


def others(h, board, stages, card):
    h.org('other', 'Other', '--with-pipelines')
    eve, viewer = h.key('other'), h.key('demo', 'viewer')
    ok(h.api('GET', '/boards/' + board, eve).status == 404, "another tenant's board is 404")
    ok(h.api('POST', '/boards/%s/move' % board, eve, {'card': str(card), 'stage': stages[1]['id']}).status == 404, 'its cards cannot be moved')
    theirs = h.api('GET', '/boards', eve).json['boards'][0]['id']
    ok(h.api('POST', '/boards/%s/move' % theirs, eve, {'card': str(card), 'stage': stages[1]['id']}).status == 404, 'nor through a board of their own')
    ok(h.api('POST', '/boards/%s/move' % board, ana_key, {'card': str(card), 'stage': h.api('GET', '/boards/' + theirs, eve).json['stages'][0]['id']}).status == 404,
       'nor to a stage of another board')
    ok(h.api('GET', '/boards/' + board, viewer).status == 200 and h.api('POST', '/boards/%s/move' % board, viewer,
       {'card': str(card), 'stage': stages[1]['id']}).status == 403, 'a viewer sees it and moves nothing')
    ok(h.api('POST', '/pipelines', viewer, {'name': 'Mine'}).status == 403, 'nor does a viewer make pipelines')


def faces(h, ana, board):
    page, data = h.get('/boards/' + board, ana), h.api('GET', '/boards/' + board, ana_key).json
    ok([int(n) for n in re.findall(r'<article id="c-(\d+)"', page.text)] == [c['number'] for s in data['stages'] for c in s['cards']], 'HTML and JSON show the same cards')
    add_cards(h, 'demo', 'Sales', 1320)
    sales = next(b['id'] for b in h.api('GET', '/boards', ana_key).json['boards'] if b['name'] == 'Sales')
    lane = h.api('GET', '/boards/' + sales, ana_key).json['stages'][0]
    ok(lane['count'] == 1320 and len(lane['cards']) + lane['hidden'] == 1320 and lane['hidden'] > 0, 'a full lane says how many are not shown')
    ok('Show %d more' % lane['hidden'] in h.get('/boards/' + sales, ana).text, 'with a link to more')
    ok(len(h.api('GET', '/boards/%s?more=%s' % (sales, lane['id']), ana_key).json['stages'][0]['cards']) == 500, 'which shows 500')
    numbers, link = [], '/boards/%s?more=%s' % (sales, lane['id'])
    while link and len(numbers) < 5000:
        page = h.get(link, ana).text.split('class="lane')[1]
        numbers += [int(n) for n in re.findall(r'<article id="c-(\d+)"', page)]
        more = re.search(r'class="more" href="([^"#]*from=[^"#]*)', page)
        link = more and more[1].replace('&amp;', '&')
    ok(len(numbers) == len(set(numbers)) == 1320, 'and goes on, 500 at a time, to the last of 1,320 (%d)' % len(numbers))


with House.temporary(programs=('web',)) as house:
    org = house.org('demo', 'Quayside Studio', '--with-pipelines')
    owner, ana_key = house.person('ana@quayside.example', org='demo', role='owner'), house.key('demo')
    board_id = next(b['id'] for b in house.api('GET', '/boards', ana_key).json['boards'] if b['name'] == 'Support')
    add_cards(house, 'demo', 'Support', 6)
    all_stages = house.api('GET', '/boards/' + board_id, ana_key).json['stages']
    moves(house, owner, board_id, all_stages)
    stale(house, owner, board_id, all_stages)
    at_once(house, board_id, all_stages)
    limits(house, owner, board_id, all_stages)
    editing(house, owner)
    others(house, board_id, all_stages, next(iter(cards_of(house, board_id, ana_key)[1])))
    faces(house, owner, board_id)
    worth(house, owner)
print('1..%d' % count)
sys.exit(failed > 0)
