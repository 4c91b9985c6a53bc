// pgvector's part of 240_vector_store.sql against a real pgvector, in PGlite: what came and went, nearest by cosine, organisations apart, with and without an index. Prints TAP.
'use strict';
const fs = require('fs');
const { PGlite } = require('@electric-sql/pglite');
const { vector } = require('@electric-sql/pglite-pgvector');

const A = '00000000-0000-7000-8000-00000000000a', B = '00000000-0000-7000-8000-00000000000b', MODEL = 'openai:m', DIMS = 384;
let points = 0, seed = 1;

function ok(good, what, saw) {
	console.log(`${good ? '' : 'not '}ok ${++points} - ${what}`);
	if (!good && saw !== undefined)
		console.log('# saw ' + JSON.stringify(saw));
}

function draw() {
	seed = (seed * 48271) % 2147483647;
	return seed / 2147483647 - 0.5;
}

const id = (kind, n) => `00000000-0000-7000-${kind}-` + String(n).padStart(12, '0');
const text = v => '{' + v.map(x => Math.fround(x)).join(',') + '}';
const cosine = (a, b) => {
	let dot = 0, aa = 0, bb = 0;
	for (let i = 0; i < a.length; i++) {
		dot += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return dot / Math.sqrt(aa * bb);
};

function made(from, n, documents) {
	return Array.from({ length: n }, (_, i) => ({ id: id('8001', from + i), document: id('8002', (from + i) % documents), v: Array.from({ length: DIMS }, draw) }));
}

// What the schema has around it, as small as will do.
const around = `create role fl_app; create role fl_definer;
create function fl_org() returns uuid language sql stable as $$ select nullif(current_setting('app.current_org_id', true), '')::uuid $$;
create table organizations (id uuid primary key);
create table vector_stores (org_id uuid, model text, last bigint);
create function fl_definer_function(text, text default '') returns void language sql as '';
create function fl_enqueue(text, text, jsonb, int default 5, timestamptz default null, text default null) returns uuid language sql as 'select null::uuid';
create function fl_tenant_table(t text) returns void language plpgsql as $$ begin
	execute format('alter table %I enable row level security; alter table %I force row level security; grant select, insert, update, delete on %I to fl_app;
		create policy tenant on %I using (org_id = (select fl_org())) with check (org_id = (select fl_org()))', t, t, t, t); end $$;
insert into organizations values ('${A}'), ('${B}');`;

async function as(db, org, run) {
	return db.transaction(async tx => {
		await tx.query("select set_config('app.current_org_id', $1, true)", [org]);
		await tx.exec('set local role fl_app');
		return run(tx);
	});
}

const put = (db, org, base, puts, generation = 1) => as(db, org, tx => tx.query('select pgvector_put($1, $2, $3, $4)',
	[MODEL, generation, base, JSON.stringify(puts.map(p => ({ id: p.id, document: p.document, vector: p.v ? text(p.v) : null })))]));
const near = async (db, org, v, { k = 10, least = -1, documents = null, generation = 1 } = {}) => (await as(db, org, tx => tx.query(
	'select id, score from pgvector_near($1, $2, $3, $4, $5, $6, $7)', [MODEL, DIMS, generation, text(v), documents && JSON.stringify(documents), k, least]))).rows;
const nearest = (all, v, k) => all.map(p => ({ id: p.id, score: cosine(p.v, v) })).sort((x, y) => y.score - x.score).slice(0, k);
const shared = (got, want) => got.filter(g => want.some(w => w.id === g.id)).length;

async function exact(db, ours, theirs) {
	const v = Array.from({ length: DIMS }, draw), got = await near(db, A, v), want = nearest(ours, v, 10);
	ok(JSON.stringify(got.map(g => g.id)) === JSON.stringify(want.map(w => w.id)), 'the ten nearest, best first', [got, want]);
	ok(got.every((g, i) => Math.abs(g.score - want[i].score) < 1e-4), 'with their cosines');
	const others = await near(db, B, v);
	ok(others.length === 10 && shared(others, nearest(theirs, v, 10)) === 10 && shared(others, ours) === 0, 'another organisation finds its own only', others);
	const one = await near(db, A, v, { documents: [ours[0].document] }), these = ours.filter(p => p.document === ours[0].document);
	ok(shared(one, nearest(these, v, 10)) === Math.min(10, these.length) && one.length === Math.min(10, these.length), 'of one document', one.length);
	ok((await near(db, A, v, { least: want[3].score - 1e-6 })).length === 4, 'none under the threshold');
	ok((await near(db, A, v, { generation: 2 })).length === 0, 'none of another generation');
	const seen = await as(db, B, tx => tx.query('select count(*)::int as n from chunk_vectors'));
	ok(seen.rows[0].n === theirs.length, 'row-level security holds on the table itself', seen.rows);
}

async function changes(db, ours) {
	const v = ours[7].v;
	await put(db, A, 5, [{ id: ours[7].id, document: ours[7].document, v: null }]);
	ok(shared(await near(db, A, v), [ours[7]]) === 0, 'what went is not found');
	await put(db, A, 6, [{ ...ours[8], v }]);
	ok((await near(db, A, v))[0].id === ours[8].id, 'what changed is found by its new vector');
	await put(db, A, 6, [ours[8], ours[7]]);
	ok((await near(db, A, v))[0].id === ours[7].id, 'and back');
}

async function indexed(db, ours) {
	await db.exec(`create index near384 on chunk_vectors using hnsw ((vector::vector(${DIMS})) vector_cosine_ops) where model = '${MODEL}'; analyze chunk_vectors; set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off`);
	let right = 0;
	for (let n = 0; n < 20; n++) {
		const v = ours[n * 11].v.map(x => x + draw() / 2), got = await near(db, A, v);
		right += shared(got, nearest(ours, v, 10));
		if (got.length !== 10)
			right -= 100;
	}
	ok(right >= 180, `with an index ten are found among two organisations', at recall ${right / 200}`);
	const used = await db.query("select idx_scan::int as n from pg_stat_user_indexes where indexrelname = 'near384'");
	const plan = await as(db, A, tx => tx.query(`explain select chunk_id from chunk_vectors v where v.org_id = fl_org() and v.model = '${MODEL}' and v.generation = 1
		order by v.vector::vector(${DIMS}) <=> '[${ours[0].v.join(',')}]'::vector(${DIMS}) limit 10`));
	ok(used.rows[0].n > 0 || JSON.stringify(plan.rows).includes('near384'), 'by that index', [used.rows, plan.rows]);
}

(async () => {
	const db = await PGlite.create({ extensions: { vector } });
	await db.exec(around + fs.readFileSync(process.argv[2], 'utf8'));
	ok(!(await db.query('select pgvector_setup() as ready')).rows[0].ready, 'without the extension it is not ready');
	await put(db, A, 0, made(0, 1, 1));
	ok((await near(db, A, Array.from({ length: DIMS }, draw))).length === 0, 'and finds nothing');
	await db.exec('create extension vector');
	ok((await db.query('select pgvector_setup() and pgvector_setup() and pgvector_ready() as ready')).rows[0].ready, 'with it, it is, the second time too');
	const ours = made(0, 400, 40), theirs = made(1000, 400, 40);
	await put(db, A, 0, made(5000, 50, 1));
	for (let n = 0; n < 400; n += 200) {
		await put(db, A, n, ours.slice(n, n + 200));
		await put(db, B, n, theirs.slice(n, n + 200));
	}
	await exact(db, ours, theirs);
	await changes(db, ours);
	await indexed(db, ours);
	console.log('1..' + points);
	await db.close();
})().catch(e => {
	console.log('Bail out! ' + e);
	process.exit(1);
});
