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
		else if (getSelection().isCollapsed)
			pin(event);
	});
	// a click beside the words is where a note goes
	function pin(event) {
		const form = document.querySelector("form[data-pin]"), at = new DOMPoint(event.clientX, event.clientY).matrixTransform(paper.getScreenCTM().inverse());

		if (!form)
			return;
		for (const [name, value] of [["x", at.x], ["y", at.y]]) {
			form.elements[name].disabled = false;
			form.elements[name].value = Math.max(0, Math.round(value));
		}
		form.elements.word?.remove();
		let mark = paper.querySelector(".pin.new");

		if (!mark) {
			mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
			mark.setAttribute("class", "pin new now");
			mark.setAttribute("r", "14");
			paper.append(mark);
		}
		mark.setAttribute("cx", at.x);
		mark.setAttribute("cy", at.y);
		form.closest("details").open = true;
		form.elements.body.focus();
	}
	// the field one is at is lit on the page
	for (const [begin, end] of [["focusin", "focusout"], ["mouseover", "mouseout"]])
		for (const name of [begin, end])
			document.addEventListener(name, (event) => {
				const link = event.target.closest("[data-spot]");

				if (link)
					document.getElementById(link.dataset.spot)?.classList.toggle("now", name === begin);
			});
})();
