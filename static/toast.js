// What was done is told in a corner instead of pushing the page down: read out, closed by its button, Escape or after a while in which nobody looks at it. It never
// takes the focus. Without scripts it is a banner above the page.
"use strict";
(() => {
	const SHOWN_MS = 30000;
	const toast = document.querySelector("[data-toast]");

	if (!toast)
		return;
	const place = document.createElement("div"), close = document.createElement("button");
	let timer = 0;

	const hold = () => clearTimeout(timer);
	const end = () => {
		hold();
		if (toast.contains(document.activeElement))
			document.getElementById("main").focus();
		toast.remove();
	};
	const wait = () => {
		hold();
		if (!document.hidden && !toast.matches(":hover, :focus-within"))
			timer = setTimeout(end, SHOWN_MS);
	};

	place.className = "toasts";
	place.setAttribute("role", "status");
	document.body.append(place);
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
	document.addEventListener("visibilitychange", wait);
	document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) end(); });
	// A region that was there, empty, is read out when it gets its words.
	setTimeout(() => {
		place.append(toast);
		wait();
	}, 50);
})();
