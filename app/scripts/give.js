// The end of a provider's sign-in: hands the values to the form, and says whether one took them.

const button = /** @type {HTMLButtonElement} */ (document.getElementById("take"));
const channel = new BroadcastChannel(button.dataset.form ?? "");
/** @type {ReturnType<typeof setTimeout>} */
let timer;

/** @param {string} id */
function show(id) {
  for (const outcome of ["taken", "missing"]) {
    /** @type {HTMLElement} */ (document.getElementById(outcome)).hidden = outcome !== id;
  }
}

button.hidden = false;
button.onclick = () => {
  channel.postMessage({ values: JSON.parse(button.dataset.values ?? "[]") });
  timer = setTimeout(show, 1000, "missing");
};
channel.onmessage = ({ data }) => {
  if (!data.taken) return;
  clearTimeout(timer);
  show("taken");
  close();
};
