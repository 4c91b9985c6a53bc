// Ctrl+K: where to go and what there is. "/" looks among the pages and buttons only, "@" among what is kept only.
// Without scripts the same is /search, which this asks too.
"use strict";
(() => {
	const WAIT_MS = 200, GOTO_MAX = 6, FOUND_MAX = 4;
	const box = document.getElementById("palette");
	let timer = 0, asked = 0;

	if (!box)
		return;
	const input = box.querySelector("input"), list = box.querySelector("ul"), said = box.querySelector("[role=status]");
	const links = () => [...list.querySelectorAll("a")];
	const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
	const wordsOf = (el) => {
		const copy = el.cloneNode(true);

		copy.querySelectorAll("kbd, .count, .badge").forEach((x) => x.remove());
		return copy.textContent.trim();
	};

	const line = (href, text, hint) => {
		const li = document.createElement("li"), a = document.createElement("a"), small = document.createElement("span");

		a.href = href;
		a.textContent = text;
		small.className = "hint";
		small.textContent = hint;
		li.append(a, small);
		return li;
	};

	// Every link of the frame and of the page's own buttons, once.
	const places = () => new Map([...document.querySelectorAll(".side a, .top-side a[href], .top-side .menu a, .actions a[href], .tabs a")]
		.filter((a) => wordsOf(a)).map((a) => [a.href, wordsOf(a)]).reverse());

	const goTo = (word) => [...places()].reverse().filter(([, text]) => plain(text).includes(plain(word))).slice(0, GOTO_MAX)
		.map(([href, text]) => line(href, text, box.dataset.goto));

	const found = async (word) => {
		const answer = await fetch("/search?q=" + encodeURIComponent(word), { headers: { Accept: "text/html" }, credentials: "same-origin" });
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");

		return [...page.querySelectorAll(".search-found > .card")].flatMap((card) => [...card.querySelectorAll("li > a")].slice(0, FOUND_MAX).map((a) => {
			const small = a.querySelector("small");
			if (small)
				small.remove();
			return line(a.getAttribute("href"), a.textContent.trim(), card.querySelector("h2").textContent);
		}));
	};

	const show = (rows) => {
		list.replaceChildren(...rows);
		said.textContent = rows.length ? "" : box.dataset.none;
	};

	const look = async () => {
		const all = input.value.trim(), only = all[0], word = only === "/" || only === "@" ? all.slice(1).trim() : all, mine = ++asked;
		const near = only === "@" ? [] : goTo(word);

		show(near);
		said.textContent = "";
		if (only === "/" || word.length < 2) {
			if (only === "/")
				show(near);
			return;
		}
		try {
			const rows = await found(word);
			if (mine === asked)
				show([...near, ...rows]);
		} catch {
			// The network is away; Enter goes to the page of searching.
		}
	};

	const step = (by) => {
		const all = links(), at = all.indexOf(document.activeElement) + by;

		(at < 0 ? input : all[Math.min(at, all.length - 1)] || input).focus();
	};

	box.addEventListener("keydown", (event) => {
		if (event.key !== "ArrowDown" && event.key !== "ArrowUp")
			return;
		event.preventDefault();
		step(event.key === "ArrowDown" ? 1 : -1);
	});
	input.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(look, WAIT_MS);
	});
	box.querySelector("form").addEventListener("submit", (event) => {
		const first = links()[0], word = input.value.trim();

		event.preventDefault();
		if (word[0] === "/" && first)
			location.assign(first.href);
		else
			location.assign("/search?q=" + encodeURIComponent(word.replace(/^[@/]/, "")));
	});
	document.addEventListener("keydown", (event) => {
		if (event.isComposing || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k" || document.querySelector("dialog[open]"))
			return;
		event.preventDefault();
		input.value = "";
		box.showModal();
		input.focus();
		look();
	});
})();
