"""Documents that a model which sees looks at, and the scripted model."""
import json, os, subprocess, urllib.request

from document_lib import FOLDER, send

ROWS = (('Item', 'Number', 'Price'), ('Bread of rye', '12', '24.00'), ('Flour', '100', '180.50'), ('Delivery', '1', '15.00'))
COLUMNS = (72, 300, 420)


def invoice(number, pages=1, rows=ROWS, columns=COLUMNS):
    """A PDF with text: a head and a table, on each page."""
    lines = '72 700 moveto (Invoice %s of Harbour Bakery) show\n72 660 moveto (Due on 30 November 2026 by transfer) show\n' % number
    lines += ''.join('%d %d moveto (%s) show\n' % (x, 600 - 20 * n, cell) for n, row in enumerate(rows) for x, cell in zip(columns, row))
    name = 'vision%s.pdf' % number
    path = os.path.join(FOLDER.name, name)
    subprocess.run(['gs', '-q', '-dNOPAUSE', '-dBATCH', '-sPAPERSIZE=a4', '-sDEVICE=pdfwrite', '-sOutputFile=' + path, '-'],
                   input=('%!PS\n/Helvetica findfont 12 scalefont setfont\n' + (lines + 'showpage\n') * pages).encode(), check=True, capture_output=True)
    with open(path, 'rb') as f:
        return f.read()


def script(model, steps, value=None):
    urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d/_script' % model.port, json.dumps({'steps': steps, 'answer': value}).encode())).read()


def doc_of(h, key, number, pages=1, **more):
    made = send(h, key, 'invoice%s.pdf' % number, invoice(number, pages, **more)).json['id']
    h.wait(lambda: h.one("select fields_at is not null from documents where id = '%s'" % made) == 't', 'the fields of %s' % number, 60)
    # Its vectors come beside them, and only then it is told as completed.
    h.wait(lambda: h.api('GET', '/documents/' + made, key).json['document']['status'] == 'COMPLETED', 'all of %s' % number)
    return made


def looked(h, doc, status):
    h.wait(lambda: h.one("select status || coalesce(note, '') from document_visions where document_id = '%s'" % doc) == status, 'the model to be ' + status, 60)


def again(h, doc):
    before = h.one("select fields_at from documents where id = '%s'" % doc)
    h.sql("set app.current_org_id = '%s'; select document_fields_again('%s')" % (h.one("select org_id from documents where id = '%s'" % doc), doc))
    h.wait(lambda: h.one("select fields_at > '%s' from documents where id = '%s'" % (before, doc)) == 't', 'the fields to be looked for again', 60)
