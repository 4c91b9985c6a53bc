"""Leads from a table over HTTP (INT-14): quotes, separators, columns by their names, who is known, what cannot be. Prints TAP."""
import os, sys

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', 'lib'), os.path.join(os.environ['top_srcdir'], 'tests', 'app')]
from document_lib import parts  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

GOOD = ('\ufeffFull name;E-Mail;Teléfono;Empresa;Asunto;Comentario;Colour\r\n'
        '"Holt; Mira";MIRA@holt.example;+34 600 111 222;Holt Joinery;"Workshop, ""big""";"two\r\nlines";red\r\n'
        '\r\n;;;;;;\r\n'
        'No Address;;;Nowhere;;;\r\n'
        'Bad Address;mira(at)holt;;;;;\r\n'
        "Only Phone;;0034 600 333 444;;;;\r\n"
        'Bad Phone;;call me;;;;\r\n'
        '<script>;x@script.example;;;=1+1;;\r\n'
        'Short;short@row.example')
BAD = (('', 'Choose a file'), ('name,company\nA,B\n', 'names no column for e-mail'), ('email\n', 'no row below'), ('email,name\n"a@b.example,A\n', 'never closed'),
       ('email,name\n"a@b.example"x,A\n', 'never closed'), ('email,mail\na@b.example,b\n', 'mean the same'), ('email\n' + 'a@b.example\n' * 2001, 'over 2,000 rows'), (b'email\na@b.example\xff\n', 'no text in UTF-8'),
       (b'email\na@b.example\x00\n', 'no text in UTF-8'), ('email,' * 64 + 'name\nx\n', 'mean the same'), ('a,' * 64 + 'email\nx\n', 'names no column for e-mail'), ('email\n' + 'a' * (1 << 20), 'over 1 MB'))


def send(h, who, data):
    body, head = parts([('leads.csv', data if isinstance(data, bytes) else data.encode())], {'_token': h.get('/contacts/import', who).token})
    return h.request('POST', '/contacts/import', who, body, head)


def leads(h):
    return h.sql("select coalesce(c.name, ''), coalesce(c.email, ''), coalesce(c.phone, ''), coalesce(c.company, ''), replace(c.notes, E'\\r\\n', '|'), l.title, l.status, l.intake_id is null "
                 "from leads l join contacts c on (c.org_id, c.id) = (l.org_id, l.contact_id) order by l.id")


def two_at_once(h, ana, key, at):
    facts, seen = {'name': 'Xu', 'email': 'x@script.example'}, h.api('GET', at, ana).json['contact']['version']
    page = h.get(at, ana)
    ok('name="version" value="%s"' % seen in page.text and h.form(at, at, {**facts, 'notes': 'Called on Monday', 'version': seen}, ana).status == 303, 'a contact is changed')
    a = h.form(at, at, {**facts, 'notes': 'Called on Friday', 'version': seen}, ana)
    ok(a.status == 409 and 'Called on Monday</dd>' in a.text and 'Called on Friday</textarea>' in a.text and 'value="%d"' % (seen + 1) in a.text,
       'who changes what somebody else changed meanwhile is told, sees both and can save', a.status, a.text[-3000:])
    h.sql("update contacts set phone = '+34 600 555 666' where email = 'x@script.example'")
    ok(h.form(at, at, {**facts, 'version': seen + 1}, ana).status == 409 and h.api('POST', at, key, facts).status == 200, 'whoever changed it; a program that names no version replaces what there is')


def main():
    with House.temporary(programs=('web',)) as h:
        h.org('demo', 'Quayside', '--with-pipelines')
        h.org('other')
        ana, eye, key = h.person('ana@demo.example', 'demo'), h.person('eye@demo.example', 'demo', 'viewer'), h.key('demo')
        h.form('/contacts/new', '/contacts', {'name': 'Mira', 'email': 'mira@holt.example'}, ana)
        ok('href="/contacts/import"' in h.get('/contacts', ana).text and h.get('/contacts/import', ana).status == 200, 'the list of contacts leads to the import', h.get('/contacts/import', ana).status)
        for data, said in BAD:
            a = send(h, ana, data)
            ok(a.status == 422 and said in a.text, 'refused with the reason: ' + said, a.status, a.text[-600:])
        ok(h.one('select count(*) from leads') == '0' and h.one('select count(*) from contacts') == '1', 'and nothing is kept of them')
        a = send(h, ana, GOOD)
        page = h.get(a.headers['Location'], ana)
        ok(a.status == 303 and '4 leads were made' in page.text and '3 rows were left out' in page.text and 'lines 6, 7, 9' in page.text, 'what came of it, with the lines left out', a.status, a.headers['Location'], page.text[-2500:])
        got = sorted(leads(h))
        ok(got == sorted([['Mira', 'mira@holt.example', '+34 600 111 222', 'Holt Joinery', 'two|lines', 'Workshop, "big"', 'New', 't'], ['Only Phone', '', '0034 600 333 444', '', '', 'Only Phone', 'New', 't'],
                   ['<script>', 'x@script.example', '', '', '', '=1+1', 'New', 't'], ['Short', 'short@row.example', '', '', '', 'Short', 'New', 't']]),
           'quotes, semicolons, titles in two languages; the contact that was known keeps its name and gains the rest', got)
        one = h.one("select id from contacts where email = 'x@script.example'")
        ok('<script>' not in h.get('/contacts/' + one, ana).text.split('<main')[1].split('</main')[0] and '=1+1' in h.get('/contacts/' + one, ana).text, 'its words are text on the page of the contact')
        ok('href="/intake/"' not in h.get('/contacts/' + one, ana).text, 'a lead that no request made leads to none')
        two_at_once(h, ana, key, '/contacts/' + one)
        a = send(h, ana, GOOD)
        ok(a.status == 303 and 'made=0&known=4' in a.headers['Location'] and len(leads(h)) == 4, 'the same file again makes nothing', a.headers['Location'])
        h.sql("update leads set status = 'Lost' where title = 'Short'")
        a = h.form('/contacts/import', '/contacts/import', {'text': 'email\tname\tinterest\nshort@row.example\tShort\tShort\n'}, ana)
        ok(a.status == 303 and 'made=1&known=0' in a.headers['Location'] and h.one("select count(*) from contacts where email = 'short@row.example'") == '1', 'pasted rows with tabs; after a lost lead a new one of the same contact', a.status, a.headers['Location'])
        a = h.form('/contacts/import', '/contacts/import', {'text': 'name\nA'}, ana)
        ok(a.status == 422 and 'name\nA</textarea>' in a.text and 'names no column' in a.text, 'pasted rows come back with what is wrong', a.status)
        a = h.api('POST', '/contacts/import', key, {'text': 'email,title\nnew@api.example,By a program\nnobody,x\n'})
        ok(a.status == 200 and (a.json['made'], a.json['known'], a.json['left_out'], a.json['lines']) == (1, 0, 1, '3'), 'by the API', a.status, a.text)
        a = h.api('POST', '/contacts/import', key, {'text': 'name\nA'})
        ok(a.status == 422 and a.json['errors'][0]['pointer'] == '/text', 'and refused there', a.status, a.text)
        wide = 'email,' + ','.join('c%d' % n for n in range(62)) + '\n' + ('"w@wide.example"' + ',"x"' * 62 + '\n') * 1900
        a = send(h, ana, wide)
        ok(a.status == 303 and 'made=1&known=1899' in a.headers['Location'], 'a wide table, each cell in quotes', a.status, a.headers['Location'])
        a = send(h, ana, 'email\n' + '"x",' * 200000)
        ok(a.status in (303, 422) and h.one("select count(*) from leads l join contacts c on c.id = l.contact_id where c.email = 'x'") == '0', 'one row of 200,000 cells', a.status)
        saw = h.get('/contacts/import', eye).status, h.form('/contacts', '/contacts/import', {'text': 'email\na@b.example'}, eye).status if 'name="_token"' in h.get('/contacts', eye).text else 403
        ok(saw == (403, 403), 'not for who only reads', saw)
        ok(h.one("select count(*) from audit_log where action = 'lead.add'") == '7' and h.one("select count(distinct org_id) from leads") == '1', 'each lead is in the audit log, of its organisation alone')
    done()


main()
