#!/bin/sh
# The description the program gives of itself is valid OpenAPI 3.1, by a validator from npm (tests/browser/package.json).
set -u
. "$top_srcdir/tests/lib/npm.sh"

npm_tools browser
TOOLS=$tools exec /usr/bin/python3 - <<'PY'
import json, os, subprocess, sys
sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House
tools = os.environ['TOOLS']


def valid(document):
    path = os.path.join(tools, 'openapi.json')
    with open(path, 'w') as f:
        json.dump(document, f)
    done = subprocess.run([os.path.join(tools, 'node_modules/.bin/validate-api'), path], capture_output=True, text=True)
    return '"valid": true' in done.stdout, done.stdout


with House.temporary(programs=('web',)) as h:
    document = json.loads(h.get('/api/v1/openapi.json').text)
print('1..3')
good, said = valid(document)
if not good:
    print(*('# ' + line for line in said.splitlines()[:40]), sep='\n')
print('ok' if good else 'not ok', '1 - the description is valid OpenAPI 3.1')
broken = json.loads(json.dumps(document))
next(iter(broken['paths'].values()))['get']['responses'] = []
print('not ok' if valid(broken)[0] else 'ok', '2 - the validator finds a fault')
print('ok' if document['openapi'].startswith('3.1') and '/system/status' in document['paths'] else 'not ok', '3 - it describes %d paths' % len(document['paths']))
PY
