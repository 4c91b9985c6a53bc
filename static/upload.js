// Upload: files dropped or chosen go one by one, each with its own progress, outcome and way to try again. Without scripts the form sends them together.
"use strict";
(() => {
	const form = document.querySelector("form[data-upload]");

	if (!form)
		return;
	const input = form.querySelector('input[type="file"]'), area = form.closest("[data-drop]") || form;
	const list = form.querySelector("[data-sent]"), token = form.elements._token.value;
	const waiting = [];
	let busy = false, count = 0;

	const say = (row, state, words, more) => {
		row.className = state;
		row.querySelector("small").textContent = words;
		row.querySelector("progress").hidden = state !== "sending";
		if (more)
			row.querySelector("small").append(" ", more);
	};

	const link = (path, words) => {
		const a = document.createElement("a");

		a.href = path;
		a.textContent = words;
		return a;
	};

	const again = (file, row) => {
		const button = document.createElement("button");

		button.type = "button";
		button.className = "btn quiet small";
		button.textContent = form.dataset.again;
		button.addEventListener("click", () => {
			waiting.push([file, row]);
			next();
		});
		return button;
	};

	const outcome = (file, row, request) => {
		let answer = {};

		try {
			answer = JSON.parse(request.responseText);
		} catch (error) {
			answer = {};
		}
		if (request.status === 201)
			say(row, "done", answer.duplicate ? form.dataset.known : form.dataset.taken, link("/documents/" + answer.id, form.dataset.open));
		else if (request.status === 413)
			say(row, "failed", form.dataset.large);
		else if (request.status === 422 && answer.errors && answer.errors[0])
			say(row, "failed", answer.errors[0].detail);
		else
			say(row, "failed", form.dataset.failed, again(file, row));
	};

	const send = (file, row) => {
		const request = new XMLHttpRequest(), body = new FormData(), bar = row.querySelector("progress");

		busy = true;
		// a suffix makes the form's token good once more: each file is a form of its own
		body.append("_token", token + "." + ++count);
		body.append("files", file, file.name);
		request.open("POST", form.getAttribute("action"));
		request.setRequestHeader("Accept", "application/json");
		request.upload.addEventListener("progress", (event) => {
			if (event.lengthComputable)
				bar.value = event.loaded / event.total;
		});
		request.addEventListener("loadend", () => {
			outcome(file, row, request);
			busy = false;
			next();
		});
		say(row, "sending", form.dataset.sending);
		request.send(body);
	};

	const next = () => {
		if (!busy && waiting.length)
			send(...waiting.shift());
	};

	const take = (files) => {
		for (const file of files) {
			const row = document.createElement("li"), name = document.createElement("b"), small = document.createElement("small");
			const bar = document.createElement("progress"), text = document.createElement("div");

			name.textContent = file.name;
			bar.max = 1;
			bar.value = 0;
			bar.setAttribute("aria-label", file.name);
			text.append(name, small);
			row.append(text, bar);
			list.append(row);
			say(row, "waiting", form.dataset.waiting);
			waiting.push([file, row]);
		}
		next();
	};

	input.addEventListener("change", () => {
		take(input.files);
		input.value = "";
	});
	for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
		area.addEventListener(kind, (event) => {
			if (![...event.dataTransfer.types].includes("Files"))
				return;
			event.preventDefault();
			area.classList.toggle("over", kind === "dragover" || kind === "dragenter");
			if (kind === "drop")
				take(event.dataTransfer.files);
		});
	form.querySelector("[data-plain]").hidden = true;
	input.required = false;
})();
