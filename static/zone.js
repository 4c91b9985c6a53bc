// Time zones by name: the browser knows them all and its own. A new organisation, which has none yet, gets that one offered. Without scripts the name is typed.
"use strict";
(() => {
	const field = document.querySelector("[data-zone]");

	if (!field || !Intl.supportedValuesOf)
		return;
	const list = document.createElement("datalist");

	list.id = "zones";
	for (const name of Intl.supportedValuesOf("timeZone")) {
		const option = document.createElement("option");

		option.value = name;
		list.append(option);
	}
	field.after(list);
	field.setAttribute("list", list.id);
	if (field.dataset.zone === "offer" && field.value === "UTC")
		field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
})();
