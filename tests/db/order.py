"""Rows that two hold at once: what is undone for a deadlock is asked again; documents, cards and vectors are taken in one order. Without workers: what they would do is asked by SQL. Prints TAP."""
import concurrent.futures, os, subprocess, sys

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError, Lock, Poll  # noqa: E402
from tap import done, ok  # noqa: E402

WAITS = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = '%s'"
TRIES = 8


class Asked:
    """A statement that somebody else may hold up, asked by a session of its own as the system. Nothing of it stays."""

    def __init__(self, h, org, statement, before=''):
        self.psql = subprocess.Popen(['psql', '-qAtX', '-h', h.run, '-U', 'fl_super', 'fairlead'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=h.env)
        self.psql.stdin.write("%s; begin; select fl_work('%s', null, null, 'order'); %s;\n" % (before or 'select', org, statement))
        self.psql.stdin.flush()

    def end(self):
        return self.psql.communicate('rollback;\n')[1]


def act(h, org, statement):
    return h.sql("begin; select fl_work('%s', null, null, 'order'); %s; commit" % (org, statement))[-1]


def free(h, statement):
    """Whether nobody holds these rows."""
    try:
        h.sql(statement + ' for update nowait')
    except HouseError as e:
        return 'could not obtain lock' not in str(e)
    return True


def door(h, key, org):
    """Somebody holds the third of three tasks and waits for the first, which a request holds that waits for the third. The second keeps the request busy until the other waits; who
    looks for a ring is the one that began to wait last, the other is told not to. On a machine that is too slow the request gives up on the second: once more."""
    ids = sorted(h.api('POST', '/tasks', key, {'title': 'Task %d' % n}).json['id'] for n in range(3))
    row = "select 1 from tasks where id = '%s' for update"
    with concurrent.futures.ThreadPoolExecutor() as pool, Poll(h) as poll:
        for _ in range(TRIES):
            second, third = Lock(h, row % ids[1]), Lock(h, "set local deadlock_timeout = '1h'; " + row % ids[2])
            answer = pool.submit(h.api, 'POST', '/tasks/bulk', key, {'act': 'mine', 'id': ids})
            h.wait(lambda: answer.done() or poll.one(WAITS % 'fl_app') != '0', 'the request to wait for the second')
            third.psql.stdin.write(row % ids[0] + "; select 'had';\n")
            third.psql.stdin.flush()
            h.wait(lambda: answer.done() or poll.one(WAITS % 'fl_super') != '0', 'the other to wait for the first')
            second.release()
            while third.psql.stdout.readline().strip() != 'had':
                pass
            third.release()
            status, body = answer.result().status, answer.result().json
            if status == 200:
                break
    ok(status == 200 and body['done'] == 3, 'a request that was undone for a deadlock is asked again and answers', (status, body))


def documents(h, org):
    doc = act(h, org, "insert into documents (org_id, name, type, size_bytes, hash, status, scan) values ('%s', 'a.pdf', 'application/pdf', 9, repeat('ab', 32), 'COMPLETED', 'off') returning id" % org)[0]
    h.sql("insert into document_pages (org_id, document_id, page, source, width, height, confidence, body, words, found) select '%s', '%s', n, 'text', 9, 9, 1, 'one two', '[]', to_tsvector('simple', 'one two') "
          "from generate_series(1, 5) n; insert into chunks (org_id, document_id, page, from_char, to_char, body, hash, found) select org_id, document_id, page, 0, 7, body, sha256(page::text::bytea), found "
          "from document_pages; insert into vector_stores (org_id, model, dims, last) select '%s', m, 1, 1 from unnest(array['a', 'b']) m; "
          "insert into vector_log (org_id, model, seq, chunk_id) select org_id, 'a', 1, id from chunks" % (org, doc, org))
    stores = "select 1 from vector_stores where org_id = '%s'" % org
    with Poll(h) as poll:
        held = Lock(h, "select 1 from documents where id = '%s' for update" % doc)
        asked = Asked(h, org, "select embed_save('%s', 'a', 0, '[]', '', '[]')" % doc)
        h.wait(lambda: poll.one(WAITS % 'fl_super') != '0', 'the vectors to wait for their document')
        ok(free(h, stores), 'vectors of a document that somebody holds wait for it with nothing in their hands')
        held.release()
        ok(asked.end() == '', 'and are kept then')
        held = Lock(h, stores + " and model = 'a' for update")
        asked = Asked(h, org, "select vector_tend('b')")
        h.wait(lambda: poll.one(WAITS % 'fl_super') != '0', 'who tends the stores to wait for the first')
        ok(free(h, stores + " and model = 'b'"), 'stores are held in the order of their models')
        held.release()
        asked.end()
        h.sql("update vector_stores set updated_at = now() where org_id = '%s' and model = 'a'" % org)  # it lies behind the other now
        held = Lock(h, stores + " and model = 'a' for update")
        asked = Asked(h, org, "insert into vector_log (org_id, model, seq, chunk_id) select org_id, 'b', 1, id from chunks where document_id = '%s'; delete from chunks where document_id = '%s'" % (doc, doc),
                      'set enable_indexscan = off; set enable_bitmapscan = off')
        h.wait(lambda: poll.one(WAITS % 'fl_super') != '0', 'who takes passages away to wait for the first')
        ok(free(h, stores + " and model = 'b'"), 'also by who takes passages away, however they lie')
        held.release()
        ok(asked.end() == '', 'and they go then')
    for name in ('document_again', 'document_delete'):
        left = h.sql("begin; select fl_work('%s', null, null, 'order'); select %s('%s'); select (select count(*) from chunks), (select last from vector_stores where model = 'a'), "
                     "(select count(*) from vector_log where gone); rollback" % (org, name, doc))[-1]
        ok(left == ['0', '2', '5'], '%s: the passages of five pages go by one statement' % name, left)


def cards(h, org):
    """A person moves the card of a task that is done, while the card goes on by itself."""
    board, stage = h.sql("update pipeline_stages set advances = true where id = (select s.id from pipelines p join pipeline_stages s on s.pipeline_id = p.id where p.name = 'Support' "
                         "order by s.position limit 1) returning pipeline_id, id")[0]
    intake = h.one("insert into intake_requests (org_id, channel, subject, body) values ('%s', 'api', 'a', 'b') returning id" % org)
    h.sql("insert into pipeline_items (org_id, pipeline_id, stage_id, intake_id, number, title, rank) values ('%s', '%s', '%s', '%s', 1, 'a', 1)" % (org, board, stage, intake))
    task = act(h, org, "insert into tasks (org_id, title, intake_id, pipeline_id, stage_id) values ('%s', 'a', '%s', '%s', '%s') returning id" % (org, intake, board, stage))[0]
    act(h, org, "select task_cancel('%s')" % task)
    with Poll(h) as poll:
        held = Lock(h, "select 1 from pipelines where id = '%s' for no key update" % board)
        asked = Asked(h, org, "select task_react(fl_uuid(), '%s', 'completed', 'CANCELLED'); select 'moved to ' || (stage_id <> '%s') from pipeline_items where intake_id = '%s'" % (task, stage, intake))
        h.wait(lambda: poll.one(WAITS % 'fl_super') != '0', 'the card to wait for its board')
        ok(free(h, "select 1 from pipeline_items where intake_id = '%s'" % intake) and free(h, "select 1 from tasks where id = '%s'" % task), 'a card that goes on holds its board before itself and its tasks')
        held.release()
        out, wrong = asked.psql.communicate('rollback;\n')
        ok('moved to true' in out and wrong == '', 'and goes on then', (out, wrong))


with House.temporary(programs=('web',)) as house:
    house.org('aa', 'House aa', '--with-pipelines')
    own = house.one("select id from organizations where slug = 'aa'")
    door(house, house.key('aa', 'owner'), own)
    documents(house, own)
    cards(house, own)
done()
