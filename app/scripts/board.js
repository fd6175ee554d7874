// Starts the WebAssembly that keeps a page of rows up to date.

const { js, wasm, after } = /** @type {HTMLElement} */ (
  document.querySelector("script[data-after]")
).dataset;
try {
  const { default: init, follow } = await import(js ?? "");
  await init({ module_or_path: wasm });
  follow(after);
} catch (error) {
  console.warn(error);
}
