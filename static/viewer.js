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
})();
