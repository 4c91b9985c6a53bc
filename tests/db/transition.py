"""The ways of a request and of a decision (requirements, state machines 4 and 5), and of a procedure, are held by the database: every pair of states is tried as the superuser, then what the doors
make of a way that there is not. Prints TAP."""
import os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

REQUEST = {'NEW': 'ROUTING ASSIGNED NEEDS_APPROVAL NEEDS_REVIEW CLOSED', 'ROUTING': 'ASSIGNED NEEDS_APPROVAL NEEDS_REVIEW CLOSED',
           'NEEDS_APPROVAL': 'ASSIGNED NEEDS_REVIEW CLOSED', 'NEEDS_REVIEW': 'ASSIGNED REJECTED CLOSED', 'ASSIGNED': 'NEEDS_REVIEW CLOSED',
           'CLOSED': 'ASSIGNED NEEDS_REVIEW', 'REJECTED': 'ASSIGNED NEEDS_REVIEW', 'QUARANTINED': 'NEW REJECTED'}
DECISION = {'PROPOSED': 'AUTO_EXECUTED PENDING_APPROVAL REJECTED', 'PENDING_APPROVAL': 'APPROVED EXECUTED REJECTED EXPIRED', 'APPROVED': 'EXECUTED FAILED',
            'AUTO_EXECUTED': 'FAILED ROLLED_BACK', 'EXECUTED': 'FAILED ROLLED_BACK', 'REJECTED': '', 'EXPIRED': '', 'FAILED': '', 'ROLLED_BACK': ''}
SOP = {'draft': 'published archived', 'published': 'archived', 'archived': 'published draft'}

# Puts a row into the first state behind the triggers' back, then asks for the second one; nothing of it stays.
TRY = """begin; set local session_replication_role = replica; update {table} set {column} = '{0}' where id = '{row}';
set local session_replication_role = origin; select fl_work('{org}', null, null, 'test'); update {table} set {column} = '{1}' where id = '{row}' returning {column}; rollback"""


def pairs(poll, org, table, column, row, ways):
    may = {(a, b) for a, to in ways.items() for b in (a, *to.split())}
    told = {}
    for a in ways:
        for b in ways:
            told[a, b] = poll(TRY.format(a, b, table=table, column=column, row=row, org=org))
    passed = {pair for pair, error in told.items() if error is None}
    ok(passed == may, '%s: of %d pairs of states %d are ways, for whoever asks' % (table, len(told), len(may)), sorted(passed - may), sorted(may - passed))
    ok(all('error.transition' in e for e in told.values() if e), 'the others are refused as such', {e for e in told.values() if e and 'error.transition' not in e})


def doors(h, ana, key):
    pipeline = h.one("select id from pipelines where name = 'Sales'")
    me = h.one("select id from users where email = 'ana@quay.example'")

    def assign(ident, what):
        return h.api('POST', '/intake/%s/assign' % ident, key, what)

    a = h.api('POST', '/intake', key, {'subject': 'Put aside', 'body': 'x'})
    h.drained()
    h.sql("set session_replication_role = replica; update intake_requests set status = 'QUARANTINED', pipeline_id = null, item_id = null where id = '%s'" % a.json['id'])
    told = assign(a.json['id'], {'pipeline_id': pipeline})
    ok(told.status == 409, 'what is in quarantine is let out before it is placed: 409', told.status, told.text)
    ok(h.sql("select status, pipeline_id is null from intake_requests where id = '%s'" % a.json['id']) == [['QUARANTINED', 't']], 'and stays where it was')
    a = h.api('POST', '/intake', key, {'subject': 'Done with', 'body': 'x'})
    h.drained()
    ok(h.api('POST', '/intake/%s/close' % a.json['id'], key, {}).status == 200, 'closed')
    told = assign(a.json['id'], {'assignee_id': me})
    ok(told.status == 200 and h.sql("select status, closed_at is not null from intake_requests where id = '%s'" % a.json['id']) == [['CLOSED', 't']],
       'who gets a closed request does not open it', told.text)


def main():
    with House.temporary() as h:
        org = h.org('quay', 'Quayside', '--with-pipelines')
        ana, key = h.person('ana@quay.example', 'quay'), h.key('quay')
        h.api('POST', '/intake', key, {'subject': 'Our card statement shows an invoice was charged twice', 'body': 'Please return the payment.'})
        h.drained()

        def poll(statement):
            try:
                h.sql(statement)
            except Exception as e:
                return str(e)
            return None

        pairs(poll, org, 'intake_requests', 'status', h.one('select id from intake_requests'), REQUEST)
        pairs(poll, org, 'agent_decisions', 'state', h.one('select id from agent_decisions'), DECISION)
        sop = h.one("insert into sops (org_id, title, n, asks, asked_at) values ('%s', 'Refunds', 1, 1, now()) returning id" % org)
        pairs(poll, org, 'sops', 'state', sop, SOP)
        doors(h, ana, key)
    done()


main()
