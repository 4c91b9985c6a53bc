// Passkeys (WebAuthn Level 3): a form with data-passkey names where its question lies; the answer goes into its hidden fields, and the form is sent. Without scripts,
// or without passkeys in the browser, these forms stay hidden and the other ways remain.
"use strict";
(() => {
	if (!window.PublicKeyCredential)
		return;
	const ES256 = -7, EDDSA = -8, RS256 = -257;
	const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
	const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
	const named = (known) => known.map((k) => ({ type: "public-key", id: bytes(k.credential) }));

	const make = async (form, asked, known) => {
		const made = await navigator.credentials.create({ publicKey: {
			challenge: bytes(asked.challenge), rp: { id: asked.rp_id, name: "Fairlead" }, user: { id: bytes(asked.handle), name: asked.email, displayName: asked.name },
			pubKeyCredParams: [ES256, EDDSA, RS256].map((alg) => ({ type: "public-key", alg })), excludeCredentials: named(known), attestation: "none",
			authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" } } });

		form.elements.client_data.value = text(made.response.clientDataJSON);
		form.elements.attestation.value = text(made.response.attestationObject);
	};

	const use = async (form, asked, known) => {
		const got = await navigator.credentials.get({ publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, allowCredentials: named(known), userVerification: "required" } });

		form.elements.credential.value = text(got.rawId);
		form.elements.client_data.value = text(got.response.clientDataJSON);
		form.elements.auth_data.value = text(got.response.authenticatorData);
		form.elements.signature.value = text(got.response.signature);
		form.elements.user_handle.value = got.response.userHandle ? text(got.response.userHandle) : "";
	};

	const ask = async (form) => {
		const answer = await fetch(form.dataset.passkey, { headers: { Accept: "application/json" } });

		if (answer.status === 403 && form.dataset.prove) {
			location.assign(form.dataset.prove);
			return;
		}
		if (!answer.ok)
			throw new Error(answer.status);
		const { options, known } = await answer.json();
		await ("passkeyNew" in form.dataset ? make : use)(form, options, known);
		form.submit();
	};

	for (const form of document.querySelectorAll("form[data-passkey]")) {
		const said = form.querySelector("[data-said]");

		form.hidden = false;
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			said.textContent = "";
			try {
				await ask(form);
			} catch {
				said.textContent = form.dataset.failed;
			}
		});
	}
	for (const hint of document.querySelectorAll("[data-passkey-none]"))
		hint.hidden = true;
})();
