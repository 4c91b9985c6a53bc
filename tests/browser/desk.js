// Every main page: status, console, content security policy, subresources, axe and sideways scroll; then weight; then acts.js.
"use strict";
const fs = require("fs");
const { desk, VIEWS, launch, visitor, signIn, show, point, act, done } = require("./visit.js");
const acts = require("./acts.js");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const FIRST_LOAD_BYTES = 100 * 1024;

const listen = (page, wrong) => {
	page.on("console", (m) => { if (m.type() === "error") wrong.push("console: " + m.text()); });
	page.on("pageerror", (e) => wrong.push("script: " + e.message));
	// What is aborted belongs to the page just left: its stream of hints, its icon.
	page.on("requestfailed", (r) => { if (r.failure().errorText !== "net::ERR_ABORTED") wrong.push(`${r.url()}: ${r.failure().errorText}`); });
	page.on("response", (r) => { if (r.status() >= 400) wrong.push(`${r.url()}: ${r.status()}`); });
};

const refused = "addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))";

const axe = async (page, view, wrong) => {
	// The page is the same in the dark; only its colours are not.
	const only = view === "dark" ? { type: "rule", values: ["color-contrast"] } : { type: "tag", values: TAGS };
	const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"], preload: false }), only);

	for (const v of violations)
		wrong.push(`${view}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0] || n.all[0] || n.none[0]).message).join("; ")}`);
};

const sideways = (page) => page.evaluate(() => {
	const wide = document.documentElement.scrollWidth - innerWidth;
	const out = [...document.querySelectorAll("main *")].find((el) => el.getBoundingClientRect().right > innerWidth + 1 && !el.closest(".scroll, .board, .tabs, thead, .hidden-text"));
	return wide > 0 ? `${wide} px too wide${out ? ": " + out.outerHTML.slice(0, 120) : ""}` : "";
});

// Menus that would open past an edge of the screen.
const menus = (page) => page.evaluate(() => [...document.querySelectorAll("details.menu")].filter((d) => d.offsetParent).map((d) => {
	d.open = true;
	const panel = d.lastElementChild, r = panel.getBoundingClientRect(), lost = getComputedStyle(panel).position === "fixed" && (r.top < 0 || r.bottom > innerHeight);
	d.open = false;
	return lost || r.left < 0 || r.right > innerWidth ? `the menu ${d.firstElementChild.textContent.trim()} reaches from ${r.left}, ${r.top} to ${r.right}, ${r.bottom}` : "";
}).filter(Boolean).join("; "));

const check = async (page, wrong, [name, path]) => {
	wrong.length = 0;
	try {
		await show(page, VIEWS[0]);
		const answer = await page.goto(path, { waitUntil: "load" });
		if (answer.status() !== 200)
			wrong.push("status " + answer.status());
		await page.evaluate(AXE);
		for (const view of VIEWS) {
			await show(page, view);
			await axe(page, view[0], wrong);
			for (const found of [view[0] !== "dark" && await sideways(page), view[0] === "phone" && await menus(page)])
				if (found)
					wrong.push(`${view[0]}: ${found}`);
		}
	} catch (e) {
		wrong.push(e.message);
	}
	point(wrong, `${name}: ${path.split("?")[0].replace(/[\w-]{20,}/, "ID")}`);
};

const weigh = async (context, path) => {
	const page = await context.newPage(), cdp = await context.newCDPSession(page);
	let bytes = 0;

	await cdp.send("Network.enable");
	await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
	cdp.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
	await page.goto(path, { waitUntil: "load" });
	await page.evaluate(() => document.fonts.ready);
	await page.close();
	if (bytes === 0 || bytes > FIRST_LOAD_BYTES)
		throw new Error(`${path}: ${bytes} bytes, at most ${FIRST_LOAD_BYTES}`);
	return `${(bytes / 1024).toFixed(1)} KB`;
};

(async () => {
	const browser = await launch();
	const wrong = [];

	try {
		const stranger = await visitor(browser), context = await visitor(browser);
		for (const c of [stranger, context])
			await c.addInitScript(refused);
		await act("first load of /signin", () => weigh(stranger, "/signin"));
		const outside = await stranger.newPage();
		listen(outside, wrong);
		for (const page of desk.public)
			await check(outside, wrong, page);
		const inside = await context.newPage();
		await signIn(inside);
		listen(inside, wrong);
		for (const page of desk.pages)
			await check(inside, wrong, page);
		const guest = await (await visitor(browser)).newPage();
		await signIn(guest, desk.client);
		listen(guest, wrong);
		for (const page of desk.own)
			await check(guest, wrong, page);
		await guest.close();
		await act("first load of /dashboard", () => weigh(context, "/dashboard"));
		await stranger.close();
		await inside.close();
		await acts(browser, context);
	} catch (e) {
		point([e.stack], "the script came to its end");
	} finally {
		await browser.close();
	}
	done();
})();
