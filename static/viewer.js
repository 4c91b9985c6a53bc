// A word of a page is put right where it stands: a click on it opens its form.
"use strict";
(() => {
	const paper = document.querySelector(".paper[data-words]");

	if (!paper)
		return;
	const words = [...paper.querySelectorAll("text")];
	paper.addEventListener("click", (event) => {
		const n = words.indexOf(event.target) + 1;

		// what was marked to be copied is no click
		if (n && getSelection().isCollapsed)
			location.href = paper.dataset.words + n + "#correct";
	});
	// the field one is at is lit on the page
	for (const [begin, end] of [["focusin", "focusout"], ["mouseover", "mouseout"]])
		for (const name of [begin, end])
			document.addEventListener(name, (event) => {
				const link = event.target.closest("[data-spot]");

				if (link)
					document.getElementById(link.dataset.spot)?.classList.toggle("now", name === begin);
			});
})();
