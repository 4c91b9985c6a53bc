// Cards moved by dragging and by keyboard. Both post the same Move form as the page without scripts.
"use strict";
(() => {
	const START_PX = 6;
	const board = () => document.querySelector("[data-board]");
	const form = document.getElementById("move");
	let drag = null;
	let turn = Promise.resolve();

	if (!board() || !form)
		return;

	const lanes = () => [...board().querySelectorAll("[data-stage]")];
	const cardsOf = (lane) => [...lane.querySelectorAll("article")];
	const idOf = (card) => card.id.slice("c-".length);
	const laneOf = (card) => card.closest("[data-stage]");
	const fill = (text, values) => (text || "").replace(/\[(\w+)\]/g, (all, name) => values[name] ?? all);
	const nameOf = (card) => card.querySelector("span, a").textContent;
	const place = (card) => ({ lane: laneOf(card), next: card.nextElementSibling });

	const say = (text) => {
		const box = document.getElementById("said");
		if (box)
			box.textContent = text;
	};

	const warn = (text) => {
		const old = document.getElementById("board-wrong");
		const box = document.createElement("div"), line = document.createElement("p");

		if (old)
			old.remove();
		box.id = "board-wrong";
		box.className = "banner bad";
		box.setAttribute("role", "alert");
		line.textContent = text;
		box.append(line);
		board().before(box);
	};

	const put = (card, lane, next) => {
		const last = cardsOf(lane).filter((c) => c !== card).pop();

		if (next && next.parentElement === lane)
			next.before(card);
		else if (last)
			last.after(card);
		else
			lane.querySelector("h2").after(card);
	};

	// The page that answers is the truth: its token, versions and counts are taken over.
	const adopt = (page, name) => {
		const fresh = page.querySelector('#move input[name="_token"]');

		if (fresh)
			for (const input of document.querySelectorAll('form[method="post"] input[name="_token"]')) {
				const twin = input.form.id && page.querySelector(`#${CSS.escape(input.form.id)} input[name="_token"]`);
				input.value = (twin || fresh).value;
			}
		for (const lane of page.querySelectorAll("[data-stage]")) {
			const mine = board().querySelector(`[data-stage="${CSS.escape(lane.dataset.stage)}"]`);
			if (mine)
				mine.querySelector("h2").replaceWith(document.importNode(lane.querySelector("h2"), true));
		}
		const card = page.getElementById(name);
		const mine = document.getElementById(name);
		if (card && mine)
			mine.dataset.version = card.dataset.version;
	};

	// What can be taken back is offered as on the page without scripts.
	const tell = (page) => {
		const banner = page.querySelector("[data-toast], #moved");

		if (banner && banner.querySelector("form"))
			document.dispatchEvent(new CustomEvent("fl:told", { detail: document.importNode(banner, true) }));
	};

	const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

	const send = async (card, before) => {
		const lane = laneOf(card), all = cardsOf(lane), n = all.indexOf(card) + 1;
		const names = { card: nameOf(card), stage: lane.dataset.name, n, all: all.length };
		const body = new URLSearchParams(new FormData(form));
		let status = 0;

		body.set("card", idOf(card));
		body.set("version", card.dataset.version);
		body.set("stage", lane.dataset.stage);
		body.set("position", String(n));
		try {
			const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" }, credentials: "same-origin" });
			status = answer.status;
			if (answer.ok) {
				const page = await read(answer);

				adopt(page, card.id);
				tell(page);
				say(fill(board().dataset.said, names));
			}
		} catch {
			status = 0;
		}
		card.classList.remove("waiting");
		if (status >= 200 && status < 300)
			return;
		put(card, before.lane, before.next);
		warn(fill(status === 409 ? board().dataset.stale : board().dataset.failed, names));
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
			if (answer.ok)
				adopt(await read(answer), card.id);
		} catch {
			// The card is back where it was; the next move will tell.
		}
		document.dispatchEvent(new CustomEvent("fl:changed"));
	};

	// One move at a time: the form's token is good for one.
	const moved = (card, before) => {
		if (laneOf(card) === before.lane && card.nextElementSibling === before.next)
			return;
		card.classList.add("waiting");
		turn = turn.then(() => send(card, before));
	};

	const rove = (card) => {
		for (const other of board().querySelectorAll("article"))
			other.tabIndex = other === card ? 0 : -1;
	};
	const focus = (card) => {
		if (!card)
			return;
		rove(card);
		card.focus();
		card.scrollIntoView({ block: "nearest", inline: "nearest" });
	};
	const start = () => rove(board().querySelector("article:focus") || board().querySelector("article"));

	const beside = (card, step) => {
		const all = lanes();
		return all[all.indexOf(laneOf(card)) + step] || null;
	};

	const walk = (card, key) => {
		const here = cardsOf(laneOf(card)), i = here.indexOf(card);

		if (key === "ArrowUp" || key === "ArrowDown")
			return focus(here[i + (key === "ArrowUp" ? -1 : 1)]);
		const step = key === "ArrowLeft" ? -1 : 1;
		for (let lane = beside(card, step); lane; lane = lanes()[lanes().indexOf(lane) + step]) {
			const there = cardsOf(lane);
			if (there.length)
				return focus(there[Math.min(i, there.length - 1)]);
		}
	};

	const carry = (card, key) => {
		const before = place(card), here = cardsOf(before.lane), i = here.indexOf(card);

		if (card.classList.contains("waiting"))
			return;
		if (key === "ArrowUp" && i > 0) {
			put(card, before.lane, here[i - 1]);
		} else if (key === "ArrowDown" && i < here.length - 1) {
			put(card, before.lane, here[i + 2]);
		} else if (key === "ArrowLeft" || key === "ArrowRight") {
			const lane = beside(card, key === "ArrowLeft" ? -1 : 1);
			if (!lane)
				return;
			put(card, lane, cardsOf(lane)[i]);
		}
		focus(card);
		moved(card, before);
	};

	document.addEventListener("keydown", (event) => {
		const card = event.target;

		if (drag && event.key === "Escape") {
			put(drag.card, drag.before.lane, drag.before.next);
			drag.card.classList.remove("held");
			drag = null;
			return;
		}
		if (!(card instanceof HTMLElement) || !card.matches("[data-board] article") || event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.key === "Enter") {
			card.querySelector("a").click();
		} else if (event.key.startsWith("Arrow")) {
			event.preventDefault();
			(event.shiftKey ? carry : walk)(card, event.key);
		}
	});

	document.addEventListener("pointerdown", (event) => {
		const card = event.target.closest("[data-board] article");

		// A finger scrolls; it moves cards by the Move form.
		if (!card || event.button !== 0 || event.pointerType === "touch" || event.target.closest("footer, form"))
			return;
		drag = { card, before: place(card), x: event.clientX, y: event.clientY, going: false };
	});

	document.addEventListener("pointermove", (event) => {
		if (!drag)
			return;
		if (!drag.going && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START_PX)
			return;
		drag.going = true;
		drag.card.classList.add("held");
		event.preventDefault();
		const under = document.elementsFromPoint(event.clientX, event.clientY).find((el) => el.matches("[data-stage]"));
		if (!under)
			return;
		const next = cardsOf(under).filter((c) => c !== drag.card).find((c) => {
			const box = c.getBoundingClientRect();
			return event.clientY < box.top + box.height / 2;
		});
		const last = cardsOf(under).pop();
		if (next ? drag.card.nextElementSibling !== next : last !== drag.card)
			put(drag.card, under, next);
	});

	document.addEventListener("pointerup", () => {
		if (!drag)
			return;
		const { card, before, going } = drag;
		drag = null;
		card.classList.remove("held");
		if (!going)
			return;
		document.addEventListener("click", (event) => event.preventDefault(), { once: true, capture: true });
		setTimeout(() => focus(card));
		moved(card, before);
	});
	document.addEventListener("dragstart", (event) => {
		if (event.target.closest("[data-board] article"))
			event.preventDefault();
	});
	document.addEventListener("focusin", (event) => {
		if (event.target.matches("[data-board] article"))
			rove(event.target);
	});
	document.addEventListener("fl:fresh", start);
	start();
	// After a move by form the address names the card.
	if (location.hash.startsWith("#c-"))
		focus(document.getElementById(location.hash.slice(1)));
})();
