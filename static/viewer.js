// A word of a page is put right where it stands: a click on it opens its form.
"use strict";
(() => {
	// Ctrl+S saves the field one is at, with Shift the next document follows
	document.addEventListener("keydown", (event) => {
		const held = event.ctrlKey || event.metaKey, form = event.target.closest("form:has([data-save])") || document.querySelector("form:has([data-save])");

		if (!held || event.key.toLowerCase() !== "s" || !form)
			return;
		event.preventDefault();
		form.requestSubmit(event.shiftKey ? form.elements.next : undefined);
	});
	const paper = document.querySelector(".paper[data-words]");

	if (!paper)
		return;
	const words = [...paper.querySelectorAll("text")], sheet = paper.querySelector("g"), see = document.querySelector("[data-see]");
	paper.addEventListener("click", (event) => {
		const n = words.indexOf(event.target) + 1;

		// what was marked to be copied is no click
		if (n && getSelection().isCollapsed)
			location.href = paper.dataset.words + n + "#word";
		else if (getSelection().isCollapsed)
			pin(event);
	});
	// a click beside the words is where a note goes
	function pin(event) {
		const form = document.querySelector("form[data-pin]"), at = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());

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
			sheet.append(mark);
		}
		mark.setAttribute("cx", at.x);
		mark.setAttribute("cy", at.y);
		form.closest("details").open = true;
		form.elements.body.focus();
	}
	// how the page is shown stays in the address and goes along to other pages of the document
	see?.addEventListener("change", () => {
		const isTurn = (value) => /^r\d/.test(value), shown = new FormData(see).getAll("see");
		const kept = (address, ownTurn) => {
			const url = new URL(address, location), turn = (ownTurn ? url.searchParams.getAll("see") : shown).filter(isTurn);

			url.searchParams.delete("see");
			for (const value of [...shown.filter((value) => !isTurn(value)), ...turn])
				url.searchParams.append("see", value);
			return url.pathname + url.search + url.hash;
		};

		history.replaceState(null, "", kept(location));
		for (const link of document.querySelectorAll(`a[href^="${new URL(see.action).pathname}?"]`))
			link.setAttribute("href", kept(link.href, "turn" in link.dataset));
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
