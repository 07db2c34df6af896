// The copy as a file, the file that checks it, and the command that does.

import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/auditor.js";

const VERIFIER = "/audit/verify.py";
const isCopied = signal(false);

/** With `head`, where one is known, the command says that it must occur. */
export function takeHome(ledger, head) {
  const { take: said } = words;
  const command = `python3 verify.py ledger.jsonl${head ? ` --head ${head}` : ""}`;
  const copy = async () => {
    isCopied.value = await navigator.clipboard?.writeText(command).then(() => true, () => false) ?? false;
    if (isCopied.value) setTimeout(() => { isCopied.value = false; }, 2_000);
  };
  return html`<div class="audit-home"><h3>${said.title}</h3><p>${said.text}</p>
    <div class="actions"><a class="button quiet" href=${ledger} download="ledger.jsonl">${icon("download")}${said.ledger}</a>
      <a class="button quiet" href=${VERIFIER} download="verify.py">${icon("download")}${said.verifier}</a></div>
    <p class="faint">${said.command}</p>
    <div class="command"><code>${command}</code>
      ${navigator.clipboard ? html`<button type="button" class="quiet" @click=${copy}>${isCopied.value ? said.copied : said.copy}</button>` : null}</div></div>`;
}
