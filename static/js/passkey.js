// A form that posts a passkey: the browser makes one (`data-passkey="create"`) or shows one ("get"), as the page's options ask.
// Without this script its button stays hidden, and a code of the app does the same.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (each) => ({ ...each, id: bytes(each.id) });

function asked({ publicKey }) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (options.user) options.user = withBytes(options.user);
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) options[list] = options[list].map(withBytes);
  }
  return { publicKey: options };
}

function posted(credential) {
  const { id, rawId, type, response } = credential;
  const told = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) told[part] = text(response[part]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return JSON.stringify({ id, rawId: text(rawId), type, response: told, clientExtensionResults: credential.getClientExtensionResults() });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  const button = form.querySelector("button");
  const failed = form.querySelector("[role=alert][hidden]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    failed.hidden = true;
    try {
      const options = asked(JSON.parse(document.getElementById(form.dataset.options).textContent));
      form.elements.credential.value = posted(await navigator.credentials[form.dataset.passkey](options));
    } catch {
      failed.textContent = form.dataset.failed;
      failed.hidden = false;
      return;
    }
    form.submit();
  });
}
