// Live regions: an element with data-live="topic" and an id is fetched anew with the page when that topic changes.
// Hints come over one EventSource; a lost hint costs at most 30 seconds.
"use strict";
(() => {
	const EVERY_MS = 30000, GATHER_MS = 80;
	const regions = () => [...document.querySelectorAll("[data-live][id]")];
	const topicsOf = (el) => el.dataset.live.split(/\s+/);
	const plain = (el) => el.outerHTML.replace(/(name="_token" value=")[^"]*/g, "$1");
	const shown = new Map(regions().map((el) => [el.id, plain(el)]));
	const touched = new WeakSet(), made = Date.parse(document.getElementById("said")?.dataset.made) / 1000;
	let source = null, opened = false, heard = false, paused = false, timer = 0, gather = 0, running = false, again = false;
	let wanted = new Set();

	if (shown.size === 0)
		return;

	const say = (text) => {
		const box = document.getElementById("said");
		if (box && text)
			box.textContent = text;
	};

	// What somebody has begun to write is never taken away.
	const isEdited = (el) => touched.has(el) && (el.type === "checkbox" || el.type === "radio" ? false : el.isConnected);
	const isBusy = (region) => [...region.querySelectorAll("input, textarea, select")].some(isEdited) || region.querySelector("dialog[open], .held, .waiting") !== null;

	const sameAs = (el, within) => {
		if (el.id)
			return within.querySelector("#" + CSS.escape(el.id));
		return [...within.querySelectorAll(el.tagName)].find((x) => ["href", "name", "value", "form", "class"]
			.every((key) => x.getAttribute(key) === el.getAttribute(key))) || null;
	};

	const replace = (old, fresh) => {
		const focus = old.contains(document.activeElement) ? document.activeElement : null;
		const open = [...old.querySelectorAll("details")].map((d) => d.open);
		const checked = [...old.querySelectorAll("input:checked")];
		const made = document.importNode(fresh, true);

		[...made.querySelectorAll("details")].forEach((d, i) => { d.open = d.open || open[i] === true; });
		checked.forEach((box) => { const twin = sameAs(box, made); if (twin) twin.checked = true; });
		const scroll = [old.scrollLeft, old.scrollTop];
		old.replaceWith(made);
		[made.scrollLeft, made.scrollTop] = scroll;
		made.dispatchEvent(new CustomEvent("fl:fresh", { bubbles: true }));
		// Last: what can be focused by scripts alone is so by now.
		if (focus) {
			const twin = focus === old ? made : sameAs(focus, made);
			if (twin)
				twin.focus({ preventScroll: true });
		}
	};

	// What would move the lines that somebody reads waits for a press: he is down in the list, in it by keys, has chosen some of it, or another one would lie open.
	const held = new Map();
	const lines = (el) => [...el.querySelectorAll("[data-list] :is(tr, li, article)")].map((row) => row.querySelector("a[href]")).filter(Boolean).map((a) => a.getAttribute("href"));
	const current = (el) => el.querySelector("[data-list] [aria-current] a")?.getAttribute("href");
	const isRead = (old) => old.getBoundingClientRect().top < 0 || old.matches(":focus-within") || old.querySelector("[data-list] input:checked") !== null;

	const unhold = (id) => {
		held.get(id)?.remove();
		held.delete(id);
	};

	const hold = (old, fresh, text) => {
		const words = document.getElementById("said").dataset, before = lines(old), after = lines(fresh);
		const same = before.join() === after.join(), count = after.filter((line) => !before.includes(line)).length;
		const stays = current(old) === current(fresh);

		if (!("liveHold" in old.dataset) || stays && (same || !isRead(old)))
			return false;
		const bar = held.get(old.id) || document.createElement("div"), told = count === 1 ? words.newOne : count ? words.newMany.replace("{n}", count) : words.newOther;
		if (bar.dataset.told !== told)
			say(told);
		bar.className = "fresh";
		bar.dataset.told = told;
		bar.innerHTML = "<span></span> <button type=button class='btn small'></button>";
		bar.firstChild.textContent = told;
		bar.lastChild.textContent = words.newShow;
		bar.lastChild.addEventListener("click", () => {
			const now = document.getElementById(old.id);
			unhold(old.id);
			replace(now, fresh);
			shown.set(old.id, text);
			document.getElementById(old.id).querySelector("[data-list] a")?.focus();
		});
		if (!bar.isConnected)
			old.before(bar);
		held.set(old.id, bar);
		return true;
	};

	const refresh = async () => {
		const topics = wanted;

		if (running) {
			again = true;
			return;
		}
		if (document.hidden || topics.size === 0)
			return;
		wanted = new Set();
		running = true;
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
			if (answer.ok && new URL(answer.url).pathname === location.pathname) {
				const page = new DOMParser().parseFromString(await answer.text(), "text/html");
				for (const old of regions()) {
					const fresh = page.getElementById(old.id);
					if (!fresh || !(topics.has("*") || topicsOf(old).some((t) => topics.has(t))))
						continue;
					const text = plain(fresh);
					if (text === shown.get(old.id))
						continue;
					if (isBusy(old)) {
						topicsOf(old).forEach((t) => wanted.add(t));
						continue;
					}
					if (hold(old, fresh, text))
						continue;
					unhold(old.id);
					replace(old, fresh);
					shown.set(old.id, text);
					say(fresh.dataset.liveSay);
				}
			}
		} catch {
			// The network is away; the next hint or the timer asks again.
		}
		running = false;
		// What was asked for while this page was on its way.
		if (again) {
			again = false;
			ask([]);
		}
	};

	const ask = (topics) => {
		topics.forEach((t) => wanted.add(t));
		if (paused)
			return;
		clearTimeout(gather);
		gather = setTimeout(refresh, GATHER_MS);
	};

	const close = () => {
		if (source)
			source.close();
		source = null;
		clearInterval(timer);
	};

	// A refused or broken stream is not opened again by the browser; the timer does it.
	const tick = () => {
		if (source && source.readyState === EventSource.CLOSED) {
			close();
			open();
		}
		ask(["*"]);
	};

	const open = () => {
		if (source || paused || document.hidden)
			return;
		timer = setInterval(tick, EVERY_MS);
		const topics = [...new Set(regions().flatMap(topicsOf))].sort();
		source = new EventSource("/live?topics=" + topics.join(","));
		source.onopen = () => { if (opened) ask(["*"]); opened = true; };
		source.onmessage = (event) => {
			const first = !heard, named = (event.data.match(/[a-z_]+/g) || []).filter((t) => topics.includes(t));
			heard = true;
			// The first comes from before: the last of several that were told since the page was made (its name begins with the second), or one the page knows.
			if (first && Number.parseInt(event.lastEventId) + 1 < made)
				return;
			ask(named.length && !first ? named : ["*"]);
		};
	};

	document.addEventListener("input", (event) => touched.add(event.target));
	document.addEventListener("submit", (event) => [...event.target.elements].forEach((el) => touched.delete(el)));
	document.addEventListener("reset", (event) => [...event.target.elements].forEach((el) => touched.delete(el)));
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			close();
		} else {
			open();
			ask(["*"]);
		}
	});
	document.addEventListener("fl:changed", () => ask(["*"]));
	for (const button of document.querySelectorAll("[data-live-pause]")) {
		const pause = button.textContent, resume = button.dataset.resume;
		button.hidden = false;
		button.addEventListener("click", () => {
			paused = !paused;
			button.textContent = paused ? resume : pause;
			if (paused) {
				close();
			} else {
				open();
				ask(["*"]);
			}
		});
	}
	addEventListener("pagehide", close);
	addEventListener("pageshow", open);
	open();
})();
