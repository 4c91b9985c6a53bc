// A passkey made and used at each door, with Chromium's virtual authenticator (WebAuthn of the DevTools protocol).
"use strict";
const assert = require("assert");
const { desk, launch, visitor, signIn, act, done } = require("./visit.js");

const arrive = (page, path, run) => Promise.all([page.waitForURL((url) => (url.pathname + url.search).startsWith(path)), run()]);
const leave = async (page, context) => {
	await context.clearCookies();
	await page.goto("/signin");
};

(async () => {
	const browser = await launch(), context = await visitor(browser), page = await context.newPage(), cdp = await context.newCDPSession(page);
	const wrong = [];

	page.on("pageerror", (e) => wrong.push(e.message));
	await cdp.send("WebAuthn.enable");
	const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: {
		protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
	const verified = (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

	await act("a passkey is made in the security settings", async () => {
		await signIn(page);
		await page.goto("/me/security");
		await arrive(page, "/me/passkeys", () => page.click('a[href="/me/passkeys"].btn'));
		await page.fill("#name", "This laptop");
		await arrive(page, "/me/passkeys?done=passkey_added", () => page.click("#passkey"));
		await page.getByRole("cell", { name: "This laptop", exact: true }).waitFor();
	});
	await act("the same authenticator is not asked twice", async () => {
		await page.fill("#name", "Again");
		await page.click("#passkey");
		await page.locator("[data-said]").filter({ hasText: /./ }).waitFor();
	});
	await act("it signs in without a password", async () => {
		await leave(page, context);
		await arrive(page, "/dashboard", () => page.click("#passkey"));
	});
	await act("it is the second step after the password", async () => {
		await leave(page, context);
		await signIn(page);
		assert.equal(new URL(page.url()).pathname, "/signin/second");
		await arrive(page, "/dashboard", () => page.click("#passkey"));
	});
	await act("it proves who is there before sensitive pages", async () => {
		await page.goto("/me/confirm?next=/settings/keys");
		await arrive(page, "/settings/keys", () => page.click("#passkey"));
	});
	await act("whom the authenticator does not know stays outside, and is told", async () => {
		await leave(page, context);
		await verified(false);
		await page.click("#passkey");
		await page.locator("[data-said]").filter({ hasText: /./ }).waitFor();
		assert.equal(new URL(page.url()).pathname, "/signin");
		await verified(true);
		await arrive(page, "/dashboard", () => page.click("#passkey"));
	});
	await act("it is removed", async () => {
		await page.goto("/me/confirm?next=/me/passkeys");
		await arrive(page, "/me/passkeys", () => page.click("#passkey"));
		await arrive(page, "/me/passkeys?done=passkey_removed", () => page.getByRole("button", { name: "Remove This laptop" }).click());
		await leave(page, context);
		await arrive(page, "/signin/passkey", () => page.click("#passkey"));
		await page.getByText("not one of this account").first().waitFor();
	});
	await act("without scripts the password is there and the passkey is not spoken of", async () => {
		const plain = await (await visitor(browser, { javaScriptEnabled: false })).newPage();

		await plain.goto("/signin");
		assert.equal(await plain.locator("#passkey").isVisible(), false);
		await signIn(plain);
		assert.equal(new URL(plain.url()).pathname, "/dashboard");
	});
	await act("who founds an organisation is offered the time zone of the browser", async () => {
		const fresh = await (await visitor(browser, { timezoneId: "America/Bogota" })).newPage();
		const next = () => Promise.all([fresh.waitForNavigation(), fresh.locator("form button.primary").first().click()]);

		fresh.on("pageerror", (e) => wrong.push(e.message));
		await signIn(fresh, desk.new);
		assert.equal(new URL(fresh.url()).pathname, "/welcome");
		await next();
		await fresh.fill("#org_name", "Bogota Desk");
		await next();
		assert.equal(await fresh.inputValue("#zone"), "America/Bogota");
		assert.ok(await fresh.locator("#zones option").count() > 100);
		await next();
		assert.equal(new URL(fresh.url()).pathname, "/dashboard");
		await fresh.getByRole("link", { name: "Add a colleague" }).click();
		await fresh.waitForURL("**/members");
	});
	await act("no script failed", async () => assert.deepEqual(wrong, []));
	await browser.close();
	done();
})();
