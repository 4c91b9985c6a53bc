// What was done is told in a corner instead of pushing the page down: read out, closed by its button, Escape or after a while in which nobody looks at it. It never
// takes the focus. Without scripts it is a banner above the page. Who does something without leaving the page sends the banner of its answer as event fl:told.
"use strict";
(() => {
	const SHOWN_MS = 30000;
	const place = document.createElement("div");
	let shown = null;
	let timer = 0;

	const hold = () => clearTimeout(timer);
	const end = () => {
		hold();
		if (!shown)
			return;
		if (shown.contains(document.activeElement))
			document.getElementById("main").focus();
		shown.remove();
		shown = null;
	};
	const wait = () => {
		hold();
		if (shown && !document.hidden && !shown.matches(":hover, :focus-within"))
			timer = setTimeout(end, SHOWN_MS);
	};

	const show = (toast) => {
		const close = document.createElement("button");

		end();
		toast.remove();
		toast.removeAttribute("role");
		close.type = "button";
		close.className = "btn quiet small";
		close.textContent = toast.dataset.close;
		close.addEventListener("click", end);
		toast.append(close);
		for (const event of ["pointerenter", "focusin"])
			toast.addEventListener(event, hold);
		for (const event of ["pointerleave", "focusout"])
			toast.addEventListener(event, () => setTimeout(wait, 0));
		shown = toast;
		// A region that was there, empty, is read out when it gets its words.
		setTimeout(() => {
			if (shown === toast) {
				place.append(toast);
				wait();
			}
		}, 50);
	};

	place.className = "toasts";
	place.setAttribute("role", "status");
	document.body.append(place);
	document.addEventListener("visibilitychange", wait);
	document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) end(); });
	document.addEventListener("fl:told", (event) => show(event.detail));
	const first = document.querySelector("[data-toast]");
	if (first)
		show(first);
})();
