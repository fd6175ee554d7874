// A form's end: takes values as if they were typed, and marks the field that a test found at fault.

const channel = new BroadcastChannel(
  /** @type {HTMLElement} */ (document.querySelector("script[data-form]")).dataset.form ?? "",
);

/**
 * Marks a field until something is typed into it; without one it only takes the last mark away.
 *
 * @param {string} [id]
 * @param {string} [text]
 */
function mark(id, text) {
  for (const old of document.querySelectorAll(".fault")) {
    old.parentElement?.classList.remove("invalid");
    old.remove();
  }
  const field = id && document.querySelector(`#${id}, #${id}-toggle`)?.closest(".field");
  if (!field) return;
  const message = document.createElement("p");
  message.className = "message fault";
  message.textContent = `The test found: ${text}`;
  field.append(message);
  field.classList.add("invalid");
  field.addEventListener("input", () => mark(), { once: true });
}

/**
 * A secret's input is there once it is opened.
 *
 * @param {string} id
 * @param {string} value
 */
async function enter(id, value) {
  if (!document.getElementById(id)) {
    document.getElementById(`${id}-toggle`)?.click();
    await new Promise((done) => setTimeout(done));
  }
  const input = document.getElementById(id);
  if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement)) return;
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

channel.onmessage = async ({ data }) => {
  if (data.fault) {
    mark(...data.fault);
    dispatchEvent(new Event("tested"));
  }
  if (!data.values) return;
  for (const [id, value] of data.values) await enter(id, value);
  channel.postMessage({ taken: true });
};
