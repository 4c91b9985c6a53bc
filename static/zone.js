// Time zones by name: the browser knows them all and its own. A new organisation, which has none yet, gets that one offered; on pages with times a link shows them in it. Without
// scripts the name is typed.
"use strict";
(() => {
	const field = document.querySelector("[data-zone]"), link = document.querySelector("[data-own-zone]"), own = Intl.DateTimeFormat().resolvedOptions().timeZone;

	if (link && own && own !== link.dataset.ownZone) {
		const url = new URL(location.href);

		url.searchParams.set("zone", own);
		link.href = url.pathname + url.search;
		link.append(" " + own);
		link.hidden = false;
	}
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
		field.value = own;
})();
