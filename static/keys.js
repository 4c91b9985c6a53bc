// Keys: what has data-key on this page, j k o in lists, ? for help, Ctrl+Enter sends.
// <html data-keys="off"> switches the single keys off (WCAG 2.1.4).
"use strict";
(() => {
	const help = document.getElementById("keys");
	const arrows = { ArrowLeft: "\u2190", ArrowRight: "\u2192" };
	// The letters as shipped, and in the same order those of who reads: "-" is none.
	const SHIPPED = "hanjkoxreip", letters = document.documentElement.dataset.letters || SHIPPED;
	const meant = (key) => key === "-" ? key : SHIPPED[letters.indexOf(key)] || (SHIPPED.includes(key) ? "" : key);
	const keyFor = (key) => letters[SHIPPED.indexOf(key)] || key;
	const single = () => document.documentElement.dataset.keys !== "off";
	const isShown = (el) => el.checkVisibility() && !el.disabled;
	// What the page itself gives a key counts before what the frame gives it.
	const named = () => [...new Map([...document.querySelectorAll("[data-key]")].filter(isShown).map((el) => [el.dataset.key, el])).values()];
	const isTyping = (el) => el instanceof HTMLElement && (el.isContentEditable || el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));
	const rows = () => [...document.querySelectorAll("[data-list]")].flatMap((list) => [...list.querySelectorAll("tr, li, article")])
		.map((row) => row.querySelector("a[href]")).filter((link) => link && isShown(link));

	const step = (by) => {
		const links = rows();
		const row = document.activeElement.closest("tr, li, article");
		const at = row ? links.indexOf(row.querySelector("a[href]")) : -1;
		const link = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];

		if (link) {
			link.focus();
			link.closest("tr, li, article").scrollIntoView({ block: "nearest" });
		}
	};

	const open = () => {
		const row = document.activeElement.closest("tr, li, article");
		const link = row && row.closest("[data-list]") && row.querySelector("a[href]");

		if (link)
			link.click();
	};

	// The box of the row in focus, else of the one that is shown beside the list.
	const pick = () => {
		const row = document.activeElement.closest("[data-list] :is(tr, li, article)") || document.querySelector("[data-list] [aria-current=true]");
		const box = row && row.querySelector("input[type=checkbox]");

		if (box)
			box.click();
		return box;
	};

	const line = (keys, text) => {
		if (keys[0] === "-")
			return [];
		const dt = document.createElement("dt"), dd = document.createElement("dd");

		keys.forEach((key, i) => {
			const kbd = document.createElement("kbd");
			kbd.textContent = key;
			dt.append(i ? " " : "", kbd);
		});
		dd.textContent = text;
		return [dt, dd];
	};

	const label = (el) => {
		const copy = el.cloneNode(true);

		copy.querySelectorAll("kbd, .count, .badge").forEach((x) => x.remove());
		return el.dataset.keyLabel || el.getAttribute("aria-label") || copy.textContent.trim();
	};

	const show = () => {
		const list = help.querySelector("dl"), words = help.dataset;

		list.replaceChildren();
		if (single()) {
			named().forEach((el) => list.append(...line(el.dataset.key.split("+").map((key) => arrows[key] || keyFor(key)), label(el))));
			if (rows().length) {
				list.append(...line([keyFor("j")], words.next), ...line([keyFor("k")], words.previous), ...line([keyFor("o")], words.open));
				if (document.querySelector("[data-list] input[type=checkbox]"))
					list.append(...line([keyFor("x")], words.pick));
			}
			list.append(...line(["?"], words.help));
		}
		if (document.querySelector("[data-board] article"))
			list.append(...line(["\u2190", "\u2191", "\u2192", "\u2193"], words.arrows), ...line(["Shift", "\u2190\u2191\u2192\u2193"], words.carry));
		if (document.querySelector('main form[method="post"]'))
			list.append(...line(["Ctrl", "Enter"], words.send));
		if (document.getElementById("palette"))
			list.append(...line(["Ctrl", "K"], words.palette));
		help.showModal();
	};

	const press = (el) => {
		if (el.matches("input:not([type=checkbox]), textarea, select")) {
			el.focus();
			if (el.select)
				el.select();
		} else {
			el.click();
		}
	};

	document.addEventListener("keydown", (event) => {
		const held = event.ctrlKey || event.metaKey;

		if (event.isComposing || event.altKey)
			return;
		if (held && event.key === "Enter" && event.target.form && event.target.form.method === "post") {
			event.preventDefault();
			event.target.form.requestSubmit();
			return;
		}
		const combined = held && !isTyping(event.target) && named().find((x) => x.dataset.key === "Ctrl+" + event.key);

		if (combined) {
			event.preventDefault();
			press(combined);
			return;
		}
		if (held || !single() || isTyping(event.target) || document.querySelector("dialog[open]"))
			return;
		const key = event.shiftKey && /^[A-Z]$/.test(event.key) ? "Shift+" + event.key : meant(event.key), el = named().find((x) => x.dataset.key === key);
		if (el)
			press(el);
		else if (key === "?" && help)
			show();
		else if (key === "j" || key === "k")
			step(key === "j" ? 1 : -1);
		else if (/^Arrow(Up|Down)$/.test(event.key) && event.target.closest("[data-list] a"))
			step(event.key === "ArrowDown" ? 1 : -1);
		else if (key === "o")
			open();
		else if (key === "x" && pick())
			return event.preventDefault();
		else
			return;
		event.preventDefault();
	});

	// What a button says of its key, and what the form of the letters holds.
	const tell = (within) => {
		for (const kbd of within.querySelectorAll("[data-key]:not([data-key*='+']) > kbd")) {
			kbd.textContent = keyFor(kbd.parentElement.dataset.key);
			kbd.hidden = kbd.textContent === "-";
		}
	};

	if (letters !== SHIPPED) {
		tell(document);
		document.addEventListener("fl:fresh", (event) => tell(event.target));
		document.querySelectorAll("[data-letter]").forEach((input) => { input.value = keyFor(input.value).replace("-", ""); });
	}

	// Menus close by Escape and by a press elsewhere.
	const menus = () => document.querySelectorAll(".menu[open], .dock details[open]");
	document.addEventListener("keydown", (event) => {
		if (event.key === "Escape")
			menus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
	});
	document.addEventListener("click", (event) => menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));
})();
