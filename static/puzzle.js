// Solves the puzzle of the sign-in page: a text with which the SHA-256 (FIPS 180-4) of CHALLENGE:TEXT begins with as many zero bits as asked.
// Without it the page asks a sum instead. A quarter of a million tries, in slices, so that the page stays usable.
(function () {
	'use strict';
	const field = document.querySelector('[data-puzzle]');
	if (!field) return;
	const form = field.closest('form'), challenge = form.elements.challenge.value, bits = Number(field.dataset.bits);
	const hint = document.getElementById('answer-hint'), label = field.querySelector('label'), words = [label.textContent, hint.textContent];
	const say = (name, text, asks) => {
		label.textContent = name;
		hint.textContent = text;
		form.elements.answer.hidden = !asks;
	};

	const fraction = (x) => (x - Math.floor(x)) * 4294967296 | 0;
	const K = [], H0 = [];
	for (let n = 2; K.length < 64; n++) {
		let prime = true;
		for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
		if (!prime) continue;
		if (H0.length < 8) H0.push(fraction(Math.sqrt(n)));
		K.push(fraction(Math.cbrt(n)));
	}
	const W = new Int32Array(64);
	const turn = (x, n) => x >>> n | x << 32 - n;

	function block(h, bytes, at) {
		for (let i = 0; i < 16; i++, at += 4) W[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
		for (let i = 16; i < 64; i++) {
			const p = W[i - 15], q = W[i - 2];
			W[i] = W[i - 16] + (turn(p, 7) ^ turn(p, 18) ^ p >>> 3) + W[i - 7] + (turn(q, 17) ^ turn(q, 19) ^ q >>> 10) | 0;
		}
		let [a, b, c, d, e, f, g, k] = h;
		for (let i = 0; i < 64; i++) {
			const t = k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
			const u = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
			k = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
		}
		return [h[0] + a | 0, h[1] + b | 0, h[2] + c | 0, h[3] + d | 0, h[4] + e | 0, h[5] + f | 0, h[6] + g | 0, h[7] + k | 0];
	}

	// The whole blocks of the beginning are hashed once.
	const start = new TextEncoder().encode(challenge + ':');
	const whole = start.length - start.length % 64;
	let head = H0;
	for (let at = 0; at < whole; at += 64) head = block(head, start, at);
	const rest = start.subarray(whole);

	function works(text) {
		const room = rest.length + text.length < 56 ? 64 : 128, tail = new Uint8Array(room), length = (start.length + text.length) * 8;
		tail.set(rest);
		for (let i = 0; i < text.length; i++) tail[rest.length + i] = text.charCodeAt(i);
		tail[rest.length + text.length] = 0x80;
		for (let i = 0; i < 4; i++) tail[room - 1 - i] = length >>> 8 * i;
		let h = head;
		for (let at = 0; at < room; at += 64) h = block(h, tail, at);
		return h[0] >>> 32 - bits === 0;
	}

	let n = 0;
	say(field.dataset.label, field.dataset.busy, false);
	(function slice() {
		const until = performance.now() + 30;
		while (performance.now() < until)
			for (let i = 0; i < 256; i++, n++)
				if (works(String(n))) {
					form.elements.solution.value = String(n);
					say(field.dataset.label, field.dataset.done, false);
					return;
				}
		if (n < 1 << 24) setTimeout(slice, 0);
		else say(words[0], words[1], true);
	})();
})();
