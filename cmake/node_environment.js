// Gives a WebAssembly program that node runs the environment variables of node; Emscripten gives it
// none. Linked before the program's own JavaScript.
Module['preRun'] = [() => {
  if (typeof ENV !== 'undefined') Object.assign(ENV, process.env);
}];
