// Holds answers against the API's description: argv are the folder of the npm tools, the description, and a file of answers, one JSON object a line: method, path (of the
// description), status, type, text. Prints one JSON object: wrong (lines), valid (how many answers, by operation and status).
'use strict';
const fs = require('fs'), path = require('path');
const [, , tools, description, answers] = process.argv;
const load = (name) => require(require.resolve(name, { paths: [path.resolve(tools)] }));
const Ajv = load('ajv/dist/2020'), formats = load('ajv-formats');
const api = JSON.parse(fs.readFileSync(description, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
const wrong = [], valid = {}, compiled = new Map();
formats(ajv);

// A client may meet members that are not told; this test may not.
function closed(schema) {
	if (Array.isArray(schema)) return schema.map(closed);
	if (!schema || typeof schema !== 'object') return schema;
	const out = Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, closed(v)]));
	if (out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
	return out;
}

const follow = (x) => (x && x.$ref ? x.$ref.slice(2).split('/').reduce((at, k) => at[k], api) : x);

function check(a) {
	const where = `${a.method} ${a.path} ${a.status}`, told = api.paths[a.path][a.method.toLowerCase()].responses;
	const answer = follow(told[a.status] || (a.status >= 400 && told.default));
	if (!answer) return `${where} is not told`;
	if (!answer.content) return a.text ? `${where} has a body` : null;
	const type = a.type.split(';')[0], media = answer.content[type] || answer.content['*/*'];
	if (!media) return `${where} is ${type}, not ${Object.keys(answer.content)}`;
	if (!media.schema) return null;
	if (!compiled.has(media)) compiled.set(media, ajv.compile(closed(follow(media.schema))));
	const test = compiled.get(media);
	return test(JSON.parse(a.text)) ? null : `${where}: ${ajv.errorsText(test.errors.slice(0, 3))}`;
}

for (const line of fs.readFileSync(answers, 'utf8').split('\n').filter(Boolean)) {
	const a = JSON.parse(line), fault = check(a), key = `${a.method} ${a.path} ${a.status}`;
	if (fault) wrong.push(fault);
	else valid[key] = (valid[key] || 0) + 1;
}
console.log(JSON.stringify({ wrong, valid }));
