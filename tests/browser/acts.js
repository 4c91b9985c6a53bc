// What people do: keys, dragging, two browsers at once, and everything with JavaScript off.
"use strict";
const assert = require("assert");
const { desk, visitor, signIn, act } = require("./visit.js");

// Less than the 30 s after which a page asks by itself: what shows in this time came by a hint.
const LIVE_MS = 25000;

const ask = async (body) => {
	const answer = await fetch(desk.base + "/api/v1/intake", { method: "POST", body: JSON.stringify(body), headers: {
		"Content-Type": "application/json", Accept: "application/json", Authorization: "Bearer " + desk.key, "Idempotency-Key": crypto.randomUUID() } });

	assert.equal(answer.status, 202);
};

const laneOf = (card) => card.evaluate((el) => el.closest("[data-stage]").dataset.stage);
const pickCard = async (page) => {
	await page.goto(desk.board);
	const id = await page.locator("[data-stage] article").first().getAttribute("id");
	return page.locator("#" + id);
};
const moved = (page) => page.waitForResponse((r) => r.request().method() === "POST" && r.url().includes("/move"));
const shownIn = async (page, card, lane) => {
	assert.notEqual(await laneOf(card), lane, "the card is where it was");
	const now = await laneOf(card);
	await page.waitForFunction((id) => !document.getElementById(id).matches(".waiting"), await card.getAttribute("id"));
	await page.reload();
	assert.equal(await laneOf(card), now, "the card is elsewhere after a reload");
};

const keyboard = async (page) => {
	const card = await pickCard(page), id = await card.getAttribute("id"), lane = await laneOf(card);

	await card.focus();
	const fresh = page.evaluate(() => new Promise((is) => document.addEventListener("fl:fresh", () => setTimeout(is), { once: true })));
	await Promise.all([moved(page), page.keyboard.press("Shift+ArrowRight")]);
	await page.waitForFunction((x) => !document.getElementById(x).matches(".waiting"), id);
	assert.equal(await page.evaluate(() => document.activeElement.id), id, "focus left the card");
	await page.evaluate(() => document.dispatchEvent(new CustomEvent("fl:changed")));
	await fresh;
	assert.equal(await page.evaluate(() => document.activeElement.id), id, "focus left the card when the board was fetched anew");
	await shownIn(page, card, lane);
};

// Tasks lie on the same kind of board; their cards have no number to be told by.
const tasksBoard = async (page) => {
	await page.goto("/tasks/board");
	const card = page.locator("#" + await page.locator("[data-stage] article").first().getAttribute("id")), lane = await laneOf(card), title = await card.locator("a").first().textContent();

	const right = async () => {
		await card.focus();
		await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.keyboard.press("Shift+ArrowRight")]);
		await page.waitForFunction((words) => document.getElementById("said").textContent.startsWith(words), title);
	};

	await right();
	await page.locator(".toasts form button").first().click();
	await page.waitForURL(/taken_back/);
	assert.equal(await laneOf(card), lane, "the move was not taken back");
	await right();
	await shownIn(page, card, lane);
};

const single = async (page) => {
	await page.goto("/intake");
	await page.keyboard.press("/");
	assert.equal(await page.evaluate(() => document.activeElement.id), "find");
	await page.keyboard.press("Escape");
	await page.evaluate(() => document.activeElement.blur());
	await page.keyboard.press("?");
	await page.locator("dialog[open] dt").first().waitFor();
};

const drag = async (page) => {
	const card = await pickCard(page), lane = await laneOf(card), box = await card.boundingBox();
	const others = page.locator(`[data-stage]:not([data-stage="${lane}"])`), there = await others.first().boundingBox();

	await page.mouse.move(box.x + 20, box.y + 8);
	await page.mouse.down();
	await page.mouse.move(box.x + 40, box.y + 12, { steps: 4 });
	await page.mouse.move(there.x + there.width / 2, there.y + 60, { steps: 6 });
	await Promise.all([moved(page), page.mouse.up()]);
	await shownIn(page, card, lane);
};

const live = async (context) => {
	const list = await context.newPage(), board = await context.newPage();
	const open = (page, path) => Promise.all([page.waitForResponse((r) => r.url().includes("/live?")), page.goto(path)]);
	await Promise.all([open(list, "/intake"), open(board, desk.board)]);
	const before = await board.locator("[data-stage] article").count();
	const badge = await list.locator("#views .count").first().textContent();
	for (const page of [list, board]) {
		await page.bringToFront();
		await page.evaluate(() => { window.stays = true; });
	}
	const subject = "Charged twice, invoice " + Date.now();
	const start = Date.now();
	const took = async (what, wait) => { await wait; return `${what} ${Date.now() - start} ms`; };
	await ask({ ...desk.routed, subject });
	const times = await Promise.all([
		took("list", list.locator("#queue").getByText(subject).waitFor({ timeout: LIVE_MS })),
		took("badge", list.waitForFunction((old) => document.querySelector("#views .count").textContent !== old, badge, { timeout: LIVE_MS })),
		took("board", board.waitForFunction((n) => document.querySelectorAll("[data-stage] article").length > n, before, { timeout: LIVE_MS })),
	]);
	for (const page of [list, board])
		assert.ok(await page.evaluate(() => window.stays), "the page was loaded again");
	return times.join(", ");
};

// What happens after a page was made and before its stream is open is shown as well.
const between = async (context) => {
	const first = await context.newPage(), second = await context.newPage(), subject = "Told in between " + Date.now();
	await Promise.all([first.waitForResponse((r) => r.url().includes("/live?")), first.goto("/intake")]);
	await second.route("**/live?*", async (route) => {
		await ask({ ...desk.routed, subject });
		await first.locator("#queue").getByText(subject).waitFor({ timeout: LIVE_MS });
		await route.continue();
	}, { times: 1 });
	await second.goto("/intake");
	await second.locator("#queue").getByText(subject).waitFor({ timeout: LIVE_MS });
};

// What was done is told in a corner: announced, without taking the focus or hiding for good.
const toast = async (page) => {
	const send = () => page.locator('form[action="/me"] button.primary').click();

	await page.goto("/me");
	await Promise.all([page.waitForURL((url) => url.search.includes("done=saved")), send()]);
	const shown = page.locator(".toasts[role=status] .banner"), main = page.locator("main");
	await shown.waitFor();
	assert.ok((await shown.textContent()).trim().length > 5, "it says nothing");
	assert.equal(await main.locator(".banner").count(), 0, "it is on the page as well");
	assert.equal(await page.evaluate(() => !!document.activeElement.closest(".toasts")), false, "it took the focus");
	await shown.getByRole("button").focus();
	await page.keyboard.press("Enter");
	await shown.waitFor({ state: "detached" });
	assert.equal(await page.evaluate(() => document.activeElement.id), "main", "focus was lost");
};

// Ctrl+K: pages by "/", what is kept by "@", both by words; Escape gives the focus back.
const palette = async (page) => {
	const links = page.locator("#palette ul a"), type = (text) => page.fill("#palette input", text);

	await page.goto("/dashboard");
	await page.locator("main .btn").first().focus();
	await page.keyboard.press("Control+k");
	await type("/calend");
	await page.waitForFunction(() => [...document.querySelectorAll("#palette ul a")].map((a) => a.pathname).join() === "/calendar");
	await type("@" + desk.routed.subject);
	await links.getByText(desk.routed.subject).first().waitFor();
	assert.equal(await page.locator("#palette ul a[href$='/dashboard']").count(), 0, "a page among what is kept");
	await page.keyboard.press("ArrowDown");
	assert.equal(await page.evaluate(() => document.activeElement.closest("#palette ul") !== null), true, "an arrow does not go to the list");
	await page.keyboard.press("Escape");
	assert.equal(await page.evaluate(() => document.activeElement.matches("main .btn")), true, "focus was lost");
	await page.keyboard.press("Control+k");
	await type("/calend");
	await page.waitForFunction(() => document.querySelectorAll("#palette ul a").length === 1);
	await page.locator("#palette input").focus();
	await Promise.all([page.waitForURL("**/calendar"), page.keyboard.press("Enter")]);
};

// Single letters of the frame, and that a page's own letter counts before them.
const letters = async (page) => {
	await page.goto("/calendar");
	await Promise.all([page.waitForURL("**/notifications"), page.keyboard.press("a")]);
	await Promise.all([page.waitForURL("**/dashboard"), page.keyboard.press("h")]);
	await page.goto("/contacts");
	await Promise.all([page.waitForURL("**/intake/new"), page.keyboard.press("n")]);
	await page.goto("/approvals");
	await page.keyboard.press("?");
	const told = await page.locator("#keys dl").textContent();
	assert.equal((told.match(/a(?=Approve)/g) || []).length, 1, told);
	assert.ok(!told.includes("Notifications"), "a key is told that another thing has");
	await page.keyboard.press("Escape");
};

// The queue by keys alone: into the list, its page chosen, and left again.
const queue = async (page) => {
	const focus = () => page.evaluate(() => document.activeElement.closest("tr")?.rowIndex), picked = page.locator("#queue tbody input:checked");

	await page.goto("/intake");
	await page.keyboard.press("j");
	assert.equal(await focus(), 1);
	await page.keyboard.press("ArrowDown");
	assert.equal(await focus(), 2);
	await page.keyboard.press("p");
	assert.equal(await picked.count(), await page.locator("#queue tbody tr").count());
	await page.keyboard.press("Escape");
	assert.equal(await picked.count(), 0);
	await page.keyboard.press("j");
	await Promise.all([page.waitForURL(/intake\/[0-9a-f-]{36}/), page.keyboard.press("o")]);
	await Promise.all([page.waitForURL(/done=closed/), page.keyboard.press("Shift+C")]);
	await Promise.all([page.waitForURL(/done=reopened/), page.locator('.toasts form[action$="/reopen"] button').click()]);
};

// What can be taken back offers it where it is told.
const undo = async (page) => {
	const closed = desk.pages.find(([name]) => name === "request")[1];

	await page.goto(closed);
	await Promise.all([page.waitForURL(/done=closed/), page.locator('form[action$="/close"] button').first().click()]);
	await Promise.all([page.waitForURL(/done=reopened/), page.locator('.toasts form[action$="/reopen"] button').click()]);
	await page.locator('main form[action$="/close"]').waitFor();
	await page.goto("/approvals");
	const request = await page.locator("#proposal a").getAttribute("href");
	await Promise.all([page.waitForURL(/done=approved/), page.locator('footer button[form="approve"]').click()]);
	await page.locator('.toasts form[action$="/undo"] button').waitFor();
	await Promise.all([page.waitForURL(/done=undone/), page.keyboard.press("Control+z")]);
	assert.equal(new URL(page.url()).pathname, request, "another request was taken back");
};

// Tasks: a step and an act on several offer their Undo too.
const undoTasks = async (page) => {
	await page.goto("/tasks?view=unassigned");
	const boxes = page.locator("#tasks tbody input[type=checkbox]"), mine = page.locator('#views a[href="/tasks?view=mine"] .count');
	const before = await mine.textContent();
	await page.locator("#tasks tbody a").first().focus();
	await page.keyboard.press("x");
	await boxes.nth(1).check();
	await Promise.all([page.waitForURL(/done=task_bulk/), page.click('#bulk button[value="mine"]')]);
	assert.equal(+await mine.textContent(), +before + 2);
	await Promise.all([page.waitForURL(/done=taken_back/), page.locator('.toasts form[action="/tasks/undo"] button').click()]);
	assert.equal(await mine.textContent(), before);
};

// Letters can be chosen anew, or none: the line, the help and the buttons follow.
const chosen = async (page) => {
	const first = () => page.evaluate(() => document.activeElement === document.querySelector("[data-list] tbody a"));
	const shown = () => page.locator('button[form="approve"] kbd').evaluate((kbd) => kbd.textContent);

	await page.goto("/me/keys");
	await page.fill("#down", "k");
	await page.click("main .btn.primary");
	await page.locator("#up-error, #down-error").waitFor();
	await page.goto("/me/keys");
	await page.fill("#down", "v");
	await page.fill("#notes", "y");
	await page.fill("#home", "");
	await Promise.all([page.waitForURL(/done=saved/), page.click("main .btn.primary")]);
	assert.deepEqual(await page.locator("#down, #up, #home").evaluateAll((all) => all.map((input) => input.value)), ["v", "k", ""]);
	await page.goto("/intake");
	await page.keyboard.press("j");
	assert.equal(await first(), false, "j moves still");
	await page.keyboard.press("h");
	assert.ok(await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "-", bubbles: true, cancelable: true }))), "the sign for none does what was given no letter");
	await page.keyboard.press("v");
	assert.equal(await first(), true, "v does not move");
	await page.goto("/approvals");
	assert.equal(await shown(), "y");
	await page.goto("/me/keys");
	await Promise.all([page.waitForURL(/done=saved/), page.click("main footer .btn")]);
	await page.goto("/approvals");
	assert.equal(await shown(), "a");
};

// Approvals by keys: x chooses what lies open, the bar counts, i asks why.
const approvals = async (page) => {
	const bar = page.locator("#bulk"), picked = page.locator(".picks input:checked");

	await page.goto("/approvals");
	assert.equal(await bar.isHidden(), true);
	await page.keyboard.press("x");
	assert.equal(await picked.count(), 1);
	await bar.waitFor();
	await page.keyboard.press("p");
	assert.equal(await picked.count(), await page.locator(".picks input").count());
	await Promise.all([page.waitForURL("**/decisions/*"), page.keyboard.press("i")]);
};

// Who has chosen lines of a list keeps them under his eyes: what is new waits for a press.
const held = async (context) => {
	const page = await context.newPage(), subject = "Charged twice, held " + Date.now();

	await Promise.all([page.waitForResponse((r) => r.url().includes("/live?")), page.goto("/intake")]);
	await page.locator("#queue tbody input[type=checkbox]").first().check();
	await ask({ ...desk.routed, subject });
	await page.locator(".fresh button").waitFor({ timeout: LIVE_MS });
	assert.equal(await page.locator("#queue").getByText(subject).count(), 0, "the list moved");
	// Its bar goes; when the request is decided only now, another one comes.
	const bar = await page.locator(".fresh").elementHandle();
	await page.locator(".fresh button").click();
	await page.locator("#queue").getByText(subject).waitFor();
	await bar.waitForElementState("hidden");
	assert.equal(await page.locator("#queue tbody input:checked").count(), 1, "what was chosen is lost");
	await page.close();
};

const plain = async (browser) => {
	const context = await visitor(browser, { javaScriptEnabled: false }), page = await context.newPage();
	const subject = "Written without scripts";

	await act("no JavaScript: sign in", () => signIn(page));
	await act("no JavaScript: what was done is told above the page", async () => {
		await page.goto("/me");
		await page.click('form[action="/me"] button.primary');
		await page.locator("main .banner[role=status]").waitFor();
	});
	await act("no JavaScript: write a request", async () => {
		await page.goto("/intake/new");
		await page.fill("#subject", subject);
		await page.fill("#body", "By hand.");
		await page.selectOption("#pipeline_id", { index: 1 });
		await page.click("main form button.primary");
		await page.getByRole("heading", { name: subject }).first().waitFor();
	});
	await act("no JavaScript: move a card by the Move form", async () => {
		const card = await pickCard(page), id = await card.getAttribute("id");
		const lane = await card.locator("xpath=ancestor::*[@data-stage]").getAttribute("data-stage");
		await card.getByRole("button", { name: "Move", exact: true }).click();
		const other = await page.locator(".lane .move select[name=stage] option:not([selected])").first().getAttribute("value");
		await page.selectOption(".lane .move select[name=stage]", other);
		await page.click(".lane .move button.primary");
		const now = await page.locator(`[data-stage]:has(#${id})`).getAttribute("data-stage");
		assert.notEqual(now, lane);
	});
	await act("no JavaScript: a narrow menu and dense lists stay", async () => {
		const shows = () => page.evaluate(() => ({ ...document.documentElement.dataset }));
		await page.goto("/intake?view=closed");
		await page.click('.side form[action="/me/look"] button');
		assert.equal(new URL(page.url()).search, "?view=closed", "it led elsewhere");
		await page.click(".top-side summary");
		await page.click('.top-side form[action="/me/look"] button');
		await page.goto("/tasks");
		assert.ok("slim" in await shows() && "dense" in await shows());
		await page.click('.side form[action="/me/look"] button');
		assert.ok(!("slim" in await shows()) && "dense" in await shows(), "one took the other along");
	});
	await act("no JavaScript: acknowledge a procedure", async () => {
		await page.goto("/procedures?view=mine");
		await page.locator("table a.strong").first().click();
		await page.click("#n button.primary");
		await page.waitForURL(/done=sop_acknowledged/);
		assert.match(await page.locator("#n").textContent(), /You acknowledged version 1/);
		await page.goto("/procedures?view=mine");
		assert.equal(await page.locator("table a.strong").count(), 0, "it still waits");
	});
	await act("no JavaScript: approve a proposal", async () => {
		await page.goto("/approvals");
		const request = await page.locator("#proposal a").getAttribute("href");
		await page.click('footer button[form="approve"]');
		await page.waitForURL(/done=approved/);
		await page.goto(request);
		assert.equal(await page.locator('form[action$="/wrong"], form[action$="/undo"]').count() > 0, true, "the request went nowhere");
	});
	await context.close();
};

module.exports = async (browser, context) => {
	const page = await context.newPage();

	await act("Shift and an arrow move a card, focus stays", () => keyboard(page));
	await act("so on the board of tasks", () => tasksBoard(page));
	await act("/ finds, ? helps", () => single(page));
	await act("Ctrl+K goes anywhere and finds", () => palette(page));
	await act("h, a and n go where they say", () => letters(page));
	await act("the queue by keys alone", () => queue(page));
	await act("what was done is told in a corner", () => toast(page));
	await act("what was done can be taken back there", () => undo(page));
	await act("so can an act on several tasks", () => undoTasks(page));
	await act("letters are chosen anew", () => chosen(page));
	await act("approvals by keys alone", () => approvals(page));
	await act("a card is dragged", () => drag(page));
	await page.close();
	await act("a request by API shows elsewhere by itself", () => live(context));
	await act("and where the page was made before it and heard of after", () => between(context));
	await act("what is new waits while somebody reads", () => held(context));
	await plain(browser);
};
