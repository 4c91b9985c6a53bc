// An answer as it comes: [data-stream] is filled from server-sent events that each hold the whole text so far. The finished answer with its sources
// comes by live.js, which announces it once. Up in an empty field takes the last question up again, Esc stops the answer.
"use strict";
(() => {
	const streams = new Map();

	const follow = () => {
		for (const [el, source] of streams)
			if (!el.isConnected) {
				source.close();
				streams.delete(el);
			}
		for (const el of document.querySelectorAll("[data-stream]")) {
			if (streams.has(el))
				continue;
			const source = new EventSource(el.dataset.stream);
			source.onmessage = (event) => { el.textContent = JSON.parse(event.data).text; };
			streams.set(el, source);
		}
	};

	document.addEventListener("fl:fresh", follow);
	document.addEventListener("keydown", (event) => {
		const field = event.target, stop = event.key === "Escape" && document.querySelector("[data-stop]");

		if (stop) {
			event.preventDefault();
			stop.form.requestSubmit();
			return;
		}
		if (event.key !== "ArrowUp" || field.id !== "question" || field.value)
			return;
		const asked = document.querySelectorAll(".asked .text");
		if (asked.length) {
			field.value = asked[asked.length - 1].textContent;
			event.preventDefault();
		}
	});
	addEventListener("pagehide", () => streams.forEach((source) => source.close()));
	follow();
})();
