// Bulk bar: select all shown, count, clear. Without scripts the bar is always there and the boxes work alone.
"use strict";
(() => {
	const bars = () => [...document.querySelectorAll("form[data-bulk]")];
	const boxes = (bar) => [...bar.elements].filter((el) => el.type === "checkbox" && /^ids?$/.test(el.name));
	const heads = (bar) => [...(bar.closest(".card") || document).querySelectorAll("[data-all]")];

	const show = (bar) => {
		const all = boxes(bar), n = all.filter((box) => box.checked).length;
		const count = bar.querySelector("[data-count]");

		bar.hidden = n === 0;
		if (count)
			count.textContent = (n === 1 ? bar.dataset.one : bar.dataset.many || "").replace("{n}", n);
		for (const head of heads(bar)) {
			head.checked = n > 0 && n === all.length;
			head.indeterminate = n > 0 && n < all.length;
		}
	};

	const set = (bar, on) => {
		boxes(bar).forEach((box) => { box.checked = on; });
		show(bar);
	};

	document.addEventListener("change", (event) => {
		for (const bar of bars())
			if (heads(bar).includes(event.target))
				set(bar, event.target.checked);
			else if (event.target.form === bar)
				show(bar);
	});
	document.addEventListener("click", (event) => {
		const clear = event.target.closest("[data-clear]");

		if (clear)
			bars().filter((bar) => bar.contains(clear)).forEach((bar) => set(bar, false));
	});
	document.addEventListener("fl:fresh", () => bars().forEach(show));
	addEventListener("pageshow", () => bars().forEach(show));
	bars().forEach(show);

	// The summary of what is wrong names the fields.
	for (const link of document.querySelectorAll(".errors li a[href^='#']")) {
		const control = document.getElementById(link.hash.slice(1)), label = control && control.labels && control.labels[0], name = document.createElement("b");

		if (label && !link.querySelector("b")) {
			name.textContent = label.firstChild.textContent.trim() + ": ";
			link.prepend(name);
		}
	}
})();
