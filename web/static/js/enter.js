// Takes the secret out of the address and puts it into the form, where a press sends it by POST. It is in no request line and no history.
const field = document.querySelector('input[name="secret"]');
const secret = decodeURIComponent(location.hash.slice(1));

if (secret) {
  history.replaceState(null, "", location.pathname);
}
if (field && secret) {
  field.value = secret;
  field.type = "password"; // a hall may be watching this screen
  document.querySelector("button[type=submit]")?.focus();
}
