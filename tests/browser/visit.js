// What the scripts here share: one browser, a signed-in visitor, the views, and TAP.
"use strict";
const { chromium } = require("playwright-core");

const desk = JSON.parse(process.env.DESK);
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WIDE = { width: 1280, height: 800 }, NARROW = { width: 390, height: 800 };
const VIEWS = [["light", WIDE, "light"], ["dark", WIDE, "dark"], ["phone", NARROW, "light"]];

const PATIENCE_MS = 120000; // as PATIENCE_S of tests/lib/house.py

const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS, timeout: PATIENCE_MS });

const visitor = async (browser, more = {}) => {
	const context = await browser.newContext({ baseURL: desk.base, viewport: WIDE, colorScheme: "light", reducedMotion: "reduce", ...more });
	context.setDefaultTimeout(PATIENCE_MS);
	return context;
};

// Who is told to come again later, as everybody is while a slow machine hashes for others, does.
const signIn = async (page, who = desk.owner) => {
	let answer;

	for (let tries = 0; tries < 60 && (!answer || answer.status() === 503); tries++) {
		await page.goto("/signin");
		await page.fill("#email", who[0]);
		await page.fill("#password", who[1]);
		[answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST" && new URL(r.url()).pathname === "/signin"), page.click("button.primary")]);
		if (answer.status() === 503)
			await new Promise((later) => setTimeout(later, 1000));
	}
	await page.waitForURL((url) => url.pathname !== "/signin");
};

const show = async (page, [, viewport, colorScheme]) => {
	await page.setViewportSize(viewport);
	await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
};

let count = 0, failed = 0;
const point = (wrong, name) => {
	count++;
	failed += wrong.length > 0;
	console.log(`${wrong.length ? "not ok" : "ok"} ${count} - ${name}`);
	for (const line of wrong)
		console.log("#   " + String(line).replace(/\n/g, "\n#   "));
};
// What throws is a failed point, not the end of the script.
const act = async (name, run) => {
	let wrong, said;

	try {
		said = await run();
		wrong = [];
	} catch (e) {
		wrong = [e.message];
	}
	point(wrong, said ? `${name}: ${said}` : name);
};
const done = () => {
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
};

module.exports = { desk, VIEWS, launch, visitor, signIn, show, point, act, done };
