// Shows /v1/openapi.json. Everything is set as text, never as HTML.

const make = (tag, text, ...children) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
};

const code = (value) => make("pre", typeof value === "string" ? value : JSON.stringify(value, null, 2));

function follow(api, value) {
  if (!value?.$ref) return value;
  return value.$ref.split("/").slice(1).reduce((here, part) => here?.[part], api);
}

function table(head, rows) {
  const line = (tag, cells) => make("tr", "", ...cells.map((cell) => make(tag, String(cell ?? ""))));
  return make("table", "", line("th", head), ...rows.map((cells) => line("td", cells)));
}

function contents(content) {
  const nodes = [];
  for (const [media, { schema, example }] of Object.entries(content ?? {})) {
    const name = schema?.$ref?.split("/").pop();
    nodes.push(make("h4", name ? `${media}: ${name}` : media), code(example));
  }
  return nodes;
}

function operation(api, path, method, told) {
  const node = make("details");
  const summary = make("summary", "", make("b", method.toUpperCase(), ), make("code", path), make("span", told.summary));
  summary.className = method;
  node.append(summary);
  const parameters = told.parameters ?? [];
  if (parameters.length) {
    const rows = parameters.map((it) => [it.name, it.in, [it.schema?.type].flat().join(", "), it.description]);
    node.append(make("h3", "Parameters"), table(["name", "in", "type", ""], rows));
  }
  if (told.requestBody) node.append(make("h3", "Body"), ...contents(told.requestBody.content));
  const errors = [];
  for (const [status, response] of Object.entries(told.responses)) {
    const answer = follow(api, response);
    if (response.$ref) errors.push([status, answer.description]);
    else node.append(make("h3", `Answer ${status}`), ...contents(answer.content));
  }
  node.append(make("h3", "Errors"), table(["status", ""], errors));
  node.dataset.words = `${method} ${path} ${told.summary}`.toLowerCase();
  return node;
}

const about = document.getElementById("about");
try {
  const answer = await fetch("/v1/openapi.json");
  const api = await answer.json();
  const all = document.getElementById("operations");
  for (const [path, item] of Object.entries(api.paths))
    for (const [method, told] of Object.entries(item)) all.append(operation(api, path, method, told));
  about.textContent = `${api.info.title} ${api.info.version}. ${api.info.description} ${all.children.length} operations.`;
  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase();
    for (const node of all.children) node.hidden = !node.dataset.words.includes(words);
  });
} catch (error) {
  about.textContent = `The document cannot be read: ${error.message}`;
}
