// The end of a test's window: tells the form which field is at fault, if one is. It runs after the last stage.

const { form } = /** @type {HTMLElement} */ (document.querySelector("script[data-form]")).dataset;
const stage = /** @type {HTMLElement | null} */ (document.querySelector("[data-field]"));
new BroadcastChannel(form ?? "").postMessage({
  fault: [stage?.dataset.field, stage?.dataset.fault],
});
