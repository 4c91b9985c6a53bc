// Pictures of every page: screens.js FOLDER writes NAME-VIEW.png; with "main" only what docs/screens shows.
"use strict";
const fs = require("fs");
const path = require("path");
const { desk, VIEWS, launch, visitor, signIn, show } = require("./visit.js");

const MAIN = ["dashboard", "dashboard-dark", "dashboard-phone", "intake", "request", "request-dark", "approvals", "board", "board-phone", "agent", "jobs", "form", "status",
	"calendar", "calendar-month-dark", "book", "book-phone", "sla", "clocks", "tasks-board", "tasks-phone", "document", "documents", "passages", "talk", "members", "member", "procedures", "procedure", "onboarding", "admin", "admin-orgs",
	"signin", "security", "keys", "danger", "admin-user", "admin-audit", "admin-incident"];
const [folder, kind] = process.argv.slice(2);

const fileOf = (name, view) => (view === "light" ? name : `${name}-${view}`);

const take = async (page, [name, where]) => {
	for (const view of VIEWS) {
		const file = fileOf(name, view[0]);
		if (kind === "main" && !MAIN.includes(file))
			continue;
		await show(page, view);
		const answer = await page.goto(where, { waitUntil: "load" });
		if (answer.status() !== 200)
			throw new Error(`${where}: ${answer.status()}`);
		await page.evaluate(() => document.fonts.ready);
		if (kind !== "main")
			await page.setViewportSize({ width: view[1].width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
		await page.screenshot({ path: path.join(folder, file + ".png") });
	}
};

(async () => {
	const browser = await launch();

	fs.mkdirSync(folder, { recursive: true });
	try {
		const outside = await (await visitor(browser)).newPage(), inside = await (await visitor(browser)).newPage();
		await signIn(inside);
		const guest = await (await visitor(browser)).newPage();
		await signIn(guest, desk.client);
		for (const page of desk.public)
			await take(outside, page);
		for (const page of desk.own)
			await take(guest, page);
		for (const page of desk.pages)
			await take(inside, page);
	} finally {
		await browser.close();
	}
	console.log(`${fs.readdirSync(folder).length} pictures in ${folder}`);
})().catch((e) => {
	console.error(e.message);
	process.exitCode = 1;
});
